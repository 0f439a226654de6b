"""The report as PDF, set by typst. Texts go in as data, so nothing in them can be taken for markup."""

import json
from importlib.resources import files

from meterkast.assurance.report.document import Report
from meterkast.assurance.report.markdown import HEADINGS, signing
from meterkast.assurance.report.words import Language
from meterkast.model.errors import LocalError


def source(report: Report, language: Language) -> str:
    """Everything that the document is made of, as JSON: what typst sees, and no more."""
    document = report.to_dict()
    document["language"] = language.value
    document["headings"] = {name: words[language] for name, words in HEADINGS.items()}
    document["signing"] = signing(report, language)
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def pdf(report: Report, language: Language) -> bytes:
    """The document.

    Raises:
        LocalError: ``report-extra-missing`` where typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise LocalError(
            "report-extra-missing",
            "Making a PDF needs typst, which is not installed.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[report]'. Or use --no-pdf.",
        ) from error
    template = files("meterkast.assurance.report").joinpath("answers.typ").read_bytes()
    made: bytes = typst.compile(
        template,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"report": source(report, language)},
        timestamp=int(report.made_at),
    )
    return made
