"""Readings as they come in, and what became of them."""

from collections.abc import Collection, Mapping

from attrs import frozen

from .readings import PowerReading


@frozen
class AddressedReading:
    """A reading as it comes in, its circuit named by sensor and number.

    Args:
        duid: Device id of the sensor.
        circuit_number: Number of the circuit on the sensor.
        reading: The reading itself.
    """

    duid: str
    circuit_number: int
    reading: PowerReading


@frozen(slots=False)
class RefusedReadings:
    """Readings of a circuit that the tenant does not have.

    Args:
        reason: ``unknown_sensor`` or ``unknown_circuit``.
        duid: Device id that they name.
        circuit_number: Circuit that they name.
        readings: How many there are.
    """

    reason: str
    duid: str
    circuit_number: int
    readings: int


@frozen(slots=False)
class ReadingsImport:
    """What became of readings that came in.

    Args:
        kept: How many were kept, repeats included.
        refused: Those that were not, by circuit.
    """

    kept: int
    refused: tuple[RefusedReadings, ...]


def refused_readings(
    named: Mapping[tuple[str, int], int], known: Collection[tuple[str, int]]
) -> tuple[RefusedReadings, ...]:
    """The readings that name a circuit that is not known, by device id and number.

    Args:
        named: How many readings name each circuit.
        known: Device ids and numbers of the circuits there are.
    """
    duids = {duid for duid, _ in known}
    return tuple(
        RefusedReadings(
            "unknown_circuit" if duid in duids else "unknown_sensor", duid, number, readings
        )
        for (duid, number), readings in sorted(named.items())
        if (duid, number) not in known
    )
