"""`python -m tests.fuzz.run TARGET [SECONDS]`: coverage-guided fuzzing of one parser by atheris.

A finding is written to `tests/fuzz/regressions/TARGET/`, where the ordinary tests pick it up.
"""

import importlib.util
import sys
import tempfile

USAGE = "python -m tests.fuzz.run TARGET [SECONDS]; TARGET one of: "


def main(arguments: list[str]) -> int:
    """0 when nothing was found or atheris is not installed; atheris ends the process otherwise."""
    if importlib.util.find_spec("atheris") is None:
        print("skipped: atheris is not installed (it exists for Linux and CPython 3.11 to 3.13)")
        return 0
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["sealsvc", "asn1crypto", "pyhanko", "ca"]):
        from tests.fuzz.targets import CORPUS, REGRESSIONS, TARGETS
    name, seconds = (*arguments, "60")[:2] if arguments else ("", "60")
    if name not in TARGETS or not seconds.isdecimal():
        print(USAGE + ", ".join(TARGETS))
        return 2
    findings = REGRESSIONS / name
    findings.mkdir(parents=True, exist_ok=True)
    fresh = tempfile.mkdtemp(prefix=f"sealsvc-fuzz-{name}-")
    options = [
        "sealsvc-fuzz",
        f"-max_total_time={seconds}",
        f"-artifact_prefix={findings}/",
        "-timeout=20",
        "-rss_limit_mb=2048",
        # New inputs go to the first folder, not into the corpus: a person picks worthwhile ones.
        fresh,
        f"{CORPUS / name}",
    ]
    atheris.Setup(options, TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
