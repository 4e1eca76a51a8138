"""`make documents`: writes sql/sample, the sample data set as files, from its generator."""

from pathlib import Path

from sightline.adapters.sample.data_set import small_data_set

FOLDER = Path(__file__).parents[2] / "sql" / "sample"


def main() -> None:
    """Write the five files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in small_data_set().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
