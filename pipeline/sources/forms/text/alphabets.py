# ruff: noqa: RUF001  # letters of many scripts are meant
"""Letters beyond ASCII in the languages of catalogues, with rough frequencies.

Each entry is a letter and its frequency in any unit: "é55" is five times as frequent as "ê11".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

__all__ = ["ALPHABETS", "letter_scores"]

ALPHABETS: Mapping[str, str] = {
    "French": "é55 è12 à12 ê6 ç3 ô3 î2 â2 û1 ù1 ë1 ï1 œ1",
    "German": "ü33 ä28 ö18 ß16",
    "Spanish": "ó27 í22 á18 é14 ñ8 ú6 ü1",
    "Portuguese": "ã19 é15 ç14 á13 í9 ê8 ó7 õ5 ú3 â3 à2 ô2",
    "Italian": "è40 à22 ò14 ù9 é8 ì6",
    "Swedish": "ä40 å30 ö28 é2",
    "Danish": "ø40 æ35 å25 é2",
    "Icelandic": "ð20 í15 á15 ó9 ö8 æ8 þ7 é6 ú5 ý3",
    "Polish": "ł22 ę17 ą16 ó12 ż11 ś9 ć6 ń4 ź2",
    "Czech": "í20 á14 ě10 é9 ř8 ž8 č7 ý7 š6 ů4 ú2 ň1 ť1 ď1 ó1",
    "Slovak": "á20 í11 č11 ž10 ý10 é9 š9 ú8 ľ4 ť4 ň2 ô2 ď2 ä1",
    "Hungarian": "é25 á23 ö8 ó7 ő7 í4 ü4 ú3 ű2",
    "Romanian": "ă35 î18 ş15 ţ15 â12",
    "Croatian": "š25 č25 ž20 ć20 đ8",
    "Turkish": "ı35 ü13 ş13 ğ9 ç9 ö6 İ3 â1",
    "Lithuanian": "ė16 š15 ų15 ž10 į8 ą7 ū6 č5 ę3",
    "Latvian": "ā35 ī15 ē14 š10 ū5 ņ5 ļ4 ķ3 ģ2 ž2 č1",
    "Russian": (
        "о110 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 "
        "з16 б16 ч14 й12 х10 ж9 ш7 ю6 ц5 щ4 э3 ф3 ё2 ъ1"
    ),
    "Ukrainian": (
        "о94 а83 н68 и60 і57 т55 в52 е49 р47 с40 к39 л38 у33 м30 д30 п28 я25 з22 ь18 г16 "
        "б16 ч14 х12 й11 ж9 ю9 ї8 ц8 є7 ш7 щ5 ф3 ґ1"
    ),
    "Serbian": (
        "а110 и95 о90 е88 н55 р53 с50 т45 ј45 у43 д37 к36 в35 л33 м33 п28 г16 з16 б15 "
        "ч10 ш10 ц7 ж7 њ7 х6 љ6 ћ6 ф3 ђ2 џ1"
    ),
    "Bulgarian": (
        "а110 и90 о88 е82 т70 н68 р50 с48 в44 л37 к33 д32 п28 м26 з21 я18 г16 б14 ъ16 "
        "у15 ч15 ц8 й7 х6 ж7 щ6 ш4 ф3 ю2 ь1"
    ),
    "Greek": (
        "α100 ο90 ι80 τ80 ε77 ν60 σ50 η50 υ40 ρ40 π40 κ40 ς40 μ33 λ30 ί30 ά20 ό20 έ20 "
        "ή20 γ17 δ17 ω16 ύ12 ώ12 χ10 θ10 φ10 β7 ξ4 ζ4 ψ2"
    ),
    "Hebrew": (
        "י11 ו10 ה11 ל7 א6 ר6 ת5 ש5 ב5 מ5 ם3 נ3 ח2 ע3 ד3 ק2 פ2 ן1 כ2 ג1 ט1 ז1 ס1 צ1 ך1 ץ1 ף1"
    ),
    "Arabic": (
        "ا13 ل12 ي7 م6 و6 ن6 ر5 ت5 ب4 ة4 ع4 د3 س3 ف3 ه3 ك2 ق3 أ3 ح2 ج1 ش1 ط1 ص1 خ1 ى1 إ1 "
        "ض1 ذ1 ث1 ز1 غ1 ء1 ئ1 ظ1 آ1 ؤ1"
    ),
    "Thai": (
        "า8 น7 ร7 อ6 ก5 เ5 ง5 ม4 ย4 ่4 ั4 ้4 ล4 ว4 ด3 ท3 ต3 ส3 ี3 ิ3 ์2 ะ2 ป2 บ2 ค2 ห2 "
        "แ2 จ2 พ2 ช2 ข2 ใ1 ไ1 ุ1 ู1 ื1 ็1 โ1 ถ1 ึ1 ำ1 ผ1 ณ1 ศ1 ธ1 ภ1 ฟ1 ษ1 ซ1 ญ1"
    ),
}
_ENTRY = re.compile(r"(\S)(\d+)")


def letter_scores(language: str) -> dict[str, float]:
    """Return letter -> how much more likely it is than if all letters were, in nats.

    Examples
    --------
    >>> {letter: round(score, 1) for letter, score in letter_scores("German").items()}
    {'ü': 0.3, 'ä': 0.2, 'ö': -0.3, 'ß': -0.4}
    """
    entries = [(letter, int(number)) for letter, number in _ENTRY.findall(ALPHABETS[language])]
    mean = sum(number for _, number in entries) / len(entries)
    return {letter: math.log(number / mean) for letter, number in entries}
