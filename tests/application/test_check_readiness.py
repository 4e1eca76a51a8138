from attrs import frozen

from sightline.application.check_readiness import CheckReadiness


@frozen
class Probe:
    name: str
    says: str | None

    async def problem(self) -> str | None:
        return self.says


async def test_every_probe_is_heard_by_its_name() -> None:
    check = CheckReadiness((Probe("record_store", None), Probe("disk", "is full")))
    assert await check() == {"record_store": None, "disk": "is full"}


async def test_with_nothing_to_wait_for_all_is_ready() -> None:
    assert await CheckReadiness(())() == {}
