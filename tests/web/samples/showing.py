"""Records whose texts are Markdown with code, formulas and tables, Arabic and Persian, and everything hostile."""

from dataclasses import replace

from web.samples.frame import Sample, within
from web.samples.work import DETAIL

from tallystick.web.views.items import Text

RICH = """# Dosing for a child of 12 kg

Give **15 mg/kg** of *paracetamol*, at most four times in 24 hours; see [the formulary](https://formulary.example/p "2026").
The dose is $m = 15\\,\\text{mg/kg} \\cdot w$, so \\(15 \\cdot 12 = 180\\) milligrams, and it costs $2 or $3.

\\[ C(t) = \\frac{D}{V}\\, e^{-kt}, \\qquad k = \\frac{\\ln 2}{t_{1/2}} \\]

$$\\begin{aligned} a &= b + c \\\\ d &= \\sqrt{e^2 + f^2} \\end{aligned}$$

| Weight | Dose | Most in a day |
|:-------|-----:|:-------------:|
| 10 kg | 150 mg | 600 mg |
| 12 kg | 180 mg | 720 mg, and never more than that whatever the fever does in the meantime |

```python title="dose.py"
def dose(weight: float) -> float:  # milligrams
    return round(15 * weight, 1)  # "rounded"
```

> Ask before you give it with another medicine.
> > As the label says.

3. Third step
4. Fourth step
   - [x] weighed
   - [ ] asked

![An x-ray](https://images.example/scan.png) and <b>bold by hand</b>

---
~~Withdrawn advice.~~ Line one
line two
"""
ARABIC = """# جرعة الباراسيتامول

أعطِ **15 mg/kg** كل ست ساعات (`max 4`).

- الأولى
- الثانية: می\u200cخواهم

| الوزن | الجرعة |
|---|---|
| 12 kg | 180 mg |
"""  # noqa: RUF001 - it is Arabic
HOSTILE = (
    "<script>alert(1)</script><style>*{display:none}</style><svg onload=alert(2)><a href='javascript:alert(3)'>x</a>\n"
    "[run](javascript:alert(4)) [data](data:text/html,<script>alert(5)</script>) ![](https://evil.example/p.png)\n"
    "Abc \u202edcba\u202c and \u2066isolated, zero\u200bwidth, \x07 bell, \u2800\u3164 blanks, tags \U000e0041\U000e0042\n"
    "$\\href{javascript:alert(6)}{x}$ $\\text{<img src=x onerror=alert(7)>}$ {{ 7 * 7 }}\n"
) + "a" * 3000
SIGNED = "\n\n".join(
    f"Paragraph {number} says **something** at length. " + "Words follow words. " * 30 for number in range(60)
)

SAMPLES = (
    Sample("record-rendered", "items/detail.html", replace(DETAIL, texts=(
        Text(label="Prompt", body=RICH), Text(label="A", body=ARABIC), Text(label="B", body="Two plain\nlines."),
    )), within("med-014", "Items")),
    Sample("record-hostile", "items/detail.html", replace(DETAIL, texts=(
        Text(label="Prompt", body=HOSTILE), Text(label="A", body=">" * 9000), Text(label="B", body=SIGNED),
    )), within("med-014", "Items")),
)  # fmt: skip
