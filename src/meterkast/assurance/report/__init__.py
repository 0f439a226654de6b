"""Answers to questions of parliament, each sentence with its evidence; fact sheet, deadline, sign-off, pack.

The face of this room::

    prepare(site, now=…, dossier=None, questions=None, at=None, audience=…)   the report, in both languages
    pack.make(prepared, record), pack.write(pack, out), pack.read(path)       documents, proofs, manifest
    pack.check(pack, maker), pack.standing(pack, roster)                      is it whole, and signed by whom
    pack.sign(path, role, signer, roster)                                     one signature more
    markdown.markdown(report, language), pdf.pdf(report, language)            the documents by themselves

The words are data: ``sentences.toml`` holds a sentence for each way in which a matter can stand. The rows
that they speak of come from ``matter``: dossier, rules, case, models. What a reader may not see is wrapped
where it is read (``disclosure``), and a sentinel looks at all that leaves. Nothing here is legal advice.
"""
