"""A comparison as JSON, for other programs."""

import json

import numpy as np


def document(report):
    """All that a report says; numbers are written so that reading them gives the same ones.

    JSON has no number for nan and infinities: they are the strings "nan", "inf" and "-inf",
    which `float` reads. A complex number is an object with "real" and "imag".
    """
    names = None if report.case is None else report.case.names
    return json.dumps(
        {
            "right": bool(report),
            "summary": report.summary,
            "given_is": report.given_is,
            "true_is": report.true_is,
            "rows": [_row(row) for row in report],
            "findings": [_finding(finding, names) for finding in report.findings],
            "because": dict(report.because),
            "evidence": list(report.evidence),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def _row(row):
    return {
        "name": row.name,
        "verdict": row.verdict,
        "given_shape": list(row.given_shape),
        "true_shape": list(row.true_shape),
        "max_abs": None if np.isnan(row.max_abs) else _number(row.max_abs),
        "max_rel": None if np.isnan(row.max_rel) else _number(row.max_rel),
        "worst": None if row.worst is None else list(row.worst),
        "given": _number(row.given),
        "true": _number(row.true),
        "numeric": _number(row.numeric),
    }


def _finding(finding, names):
    where = [] if names is None else [names.of(node) for node in finding.where]
    return {
        "mistake": finding.mistake,
        "sentence": finding.sentence,
        "explains": list(finding.explains),
        "where": where,
        "also": list(finding.also),
    }


def _number(x):
    if isinstance(x, complex):
        return {"real": _number(x.real), "imag": _number(x.imag)}
    return str(x) if isinstance(x, float) and not np.isfinite(x) else x
