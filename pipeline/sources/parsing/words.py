"""Words that catalogues write for values, in many languages: months, magnitudes, "unknown"."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

__all__ = [
    "DATE_FILLERS",
    "ERAS",
    "MAGNITUDES",
    "MISSING",
    "MONTHS",
    "UNITS",
    "UNKNOWN_WORDS",
    "YEAR_QUALIFIERS",
    "fold",
]


def fold(word: str) -> str:
    """Return a word in lower case without accents.

    Examples
    --------
    >>> fold("Août"), fold("MÄRZ")
    ('aout', 'marz')
    """
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.casefold())
    kept = "".join(c for c in parts if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", kept).replace("ı", "i").replace("ł", "l")


# Marks of databases and programs for a cell without a value.
MISSING = frozenset(
    {"", "nan", "none", "null", "n/a", "na", "<na>", "nat", "\\n", "-", "--", "---", "–", "—", "?"}
    | {"??", "???", "(null)", "<null>", "(none)", "<none>", "nil", "n.a.", "n.a", "n/d", "n.d."}
    | {"#n/a", "#na", "#null!", "#value!", "#ref!", "...", "…", ".", "_", "undefined", "\\\\n"}
    | {"(nan)", "<nan>", "-nan", "1.#qnan", "s/d", "k.a.", "n/k", "()", "[null]", "[none]", "[nan]"}
)

_UNKNOWN = """
unknown|(unknown)|<unknown>|unknown value|unk|not known|not available|not applicable
not specified|not listed|not provided|not given|not found|not stated|not set|no data
no information|no info|no value|unavailable|unspecified|undetermined|none listed|no genre
no genres|(no genres listed)|no genres listed|no genre listed|no keywords|no cast|no director
no directors|not yet known|no rating|not yet rated|tbd|tba|tbc|t.b.a.|t.b.d.|to be determined
to be announced|to be confirmed|to be decided|unbekannt|unbekannter|unbekannte|keine angabe
keine angaben|nicht bekannt|nicht verfügbar|nicht angegeben|ohne angabe|o. a.|o.a.|inconnu
inconnue|inconnus|inconnues|non disponible|non renseigné|non précisé|non spécifié|non communiqué
aucun|aucune|desconocido|desconocida|desconocidos|desconocidas|no disponible|sin datos
sin especificar|no especificado|sin género|se desconoce|desconhecido|desconhecida|desconhecidos
desconhecidas|não disponível|não informado|não informada|não especificado|sconosciuto
sconosciuta|sconosciuti|non disponibile|non specificato|non noto|ignoto|onbekend
niet beschikbaar|niet bekend|okänd|okänt|ej tillgänglig|ukjent|ukendt|tuntematon|nieznany
nieznana|nieznane|brak danych|brak|neznámý|neznámé|neznámá|neznáme|ismeretlen|bilinmiyor
bilinmeyen|necunoscut|nepoznato|nepoznat|άγνωστο|άγνωστος|неизвестно|неизвестен|неизвестный
неизвестна|нет данных|не указано|не указан|невідомо|невідомий|немає даних
未知|不明|不详|不詳|未详|暂无|暫無
暂无数据|无|無|なし|情報なし|미상|알 수 없음
알수없음|없음|정보 없음|غير معروف|غير متوفر|अज्ञात|không rõ|tidak diketahui
"""
# What people write where they do not know: of whole cells and of entries of lists, in lower case.
UNKNOWN_WORDS = frozenset(w.strip() for line in _UNKNOWN.split("\n") for w in line.split("|")) - {
    ""
}

# Units of a number of votes; folded.
_UNIT_WORDS = """
votes vote ratings rating reviews review users user people voters viewers likes views stimmen
bewertungen votos voto votantes valoraciones calificaciones avaliacoes voti recensioni avis notes
голосов голоса голос оценок оценки оценка stemmen glosow rosta oylar
"""
UNITS = frozenset(fold(word) for word in _UNIT_WORDS.split())

# Names of the months 1 to 12, one line each: full (also the genitive) and short.
_MONTHS = """
january jan januar janner jaenner januari janvier janv jan enero ene gennaio gen janeiro январь
 января янв styczen stycznia sty leden ledna ocak ianuarie ianuar januarie tammikuu tammikuuta
 ιανουαριου ιανουαριος січень січня yanvar
february feb februar feber februari fevrier fevr fev febrero febbraio fevereiro февраль февраля
 фев февр luty lutego lut unor unora subat februarie helmikuu helmikuuta φεβρουαριου φεβρουαριος
 лютий лютого
march mar marz maerz mrz mars marzo marco maart mrt marts март марта мар marzec marca brezen
 brezna mart martie maret marcius maaliskuu maaliskuuta μαρτιου μαρτιος березень березня
april apr avril avr abril abr aprile апрель апреля апр kwiecien kwietnia kwi duben dubna nisan
 aprilie aprilis huhtikuu huhtikuuta απριλιου απριλιος квітень квітня
may mai mayo maggio mag maio mei maj maja май мая kveten kvetna mayis majus toukokuu toukokuuta
 μαιου μαιος травень травня
june jun juni juin junio giugno giu junho июнь июня июн czerwiec czerwca cze cerven cervna
 haziran iunie junius kesakuu kesakuuta ιουνιου ιουνιος червень червня
july jul juli juillet juil julio luglio lug julho июль июля июл lipiec lipca lip cervenec
 cervence temmuz iulie julius heinakuu heinakuuta ιουλιου ιουλιος липень липня
august aug augustus augusti aout agosto ago август августа авг sierpien sierpnia sie srpen srpna
 agustos agustus augusztus elokuu elokuuta αυγουστου αυγουστος серпень серпня
september sep sept septembre septiembre setiembre settembre set setembro сентябрь сентября сен
 сент wrzesien wrzesnia wrz zari eylul septembrie szeptember syyskuu syyskuuta σεπτεμβριου
 σεπτεμβριος вересень вересня
october oct oktober okt octobre octubre ottobre ott outubro out октябрь октября окт pazdziernik
 pazdziernika paz rijen rijna ekim octombrie lokakuu lokakuuta οκτωβριου οκτωβριος жовтень
 жовтня
november nov novembre noviembre novembro ноябрь ноября ноя нояб listopad listopada lis listopadu
 kasim noiembrie marraskuu marraskuuta νοεμβριου νοεμβριος листопад листопада
december dec dezember dez decembre diciembre dic dicembre dezembro декабрь декабря дек grudzien
 grudnia gru prosinec prosince aralik decembrie desember des joulukuu joulukuuta δεκεμβριου
 δεκεμβριος грудень грудня
"""
# Folded name of a month -> its number.
MONTHS: Mapping[str, int] = {
    fold(name): number
    for number, line in enumerate(_MONTHS.strip().replace("\n ", " ").split("\n"), 1)
    for name in line.split()
}

_FILLERS = """
de del della dello di do da dem den der des the of le la el il em am vom a o on in st nd rd th
er ere re eme г года год р року roku rok r e kl at t z gmt utc ut est edt cst cdt mst mdt pst
pdt cet cest bst msk uhr released release premiere premiered since year monday mon tuesday tue
tues wednesday wed weds thursday thu thur thurs friday fri saturday sat sunday sun montag mo
dienstag di mittwoch mi donnerstag freitag fr samstag sonnabend sa sonntag so lundi lun mardi
mercredi mer jeudi jeu vendredi ven samedi sam dimanche dim lunes martes miercoles mie jueves
jue viernes vie sabado sab domingo dom lunedi martedi mercoledi giovedi gio venerdi domenica
segunda terca quarta quinta sexta feira maandag dinsdag woensdag donderdag vrijdag zaterdag
zondag понедельник пн вторник вт среда ср четверг чт пятница пт суббота сб воскресенье вс
poniedzialek wtorek sroda czwartek piatek sobota niedziela mandag tirsdag onsdag torsdag fredag
lordag sondag mandag tisdag lauantai
"""
# Words within a date that say nothing more: days of the week, articles, zones of time; folded.
DATE_FILLERS = frozenset(fold(word) for word in _FILLERS.split())

_QUALIFIERS = """
spring summer autumn fall winter early late mid middle end beginning circa ca c about around
approx est estimated before after q q1 q2 q3 q4 quarter s h1 h2 half fruhling fruhjahr sommer
herbst anfang mitte ende um printemps ete automne hiver debut fin vers primavera verano otono
invierno hacia verao outono estate autunno inverno весна весной лето летом осень осенью зима
зимой около начало конец tba tbd
"""
# Words beside a year where the day is not known; folded.
YEAR_QUALIFIERS = DATE_FILLERS | MONTHS.keys() | {fold(word) for word in _QUALIFIERS.split()}

# Name of a Japanese era -> the year before its first.
ERAS: Mapping[str, int] = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}

_SCALES = {
    3: "k thousand thousands thsd tsd tausend mille mila тыс тысяч тысячи 千 천",
    4: "万 萬 만",
    5: "lakh lakhs lac",
    6: "m mm mn mio mln milj million millions millionen millones millon milione milioni milhao"
    " milhoes miljoen miljoner miljon milionow miliony млн миллион миллионов миллиона 百万 백만",
    7: "crore crores cr",
    8: "亿 億 억",
    9: "b bn billion billions mrd mia mld milliard milliards milliarde milliarden miliardo"
    " miliardi miljard bilhao bilhoes miliardow млрд миллиард миллиардов миллиарда 十亿 十億",
}
# Folded word of a magnitude -> its power of ten. ("mil" is a thousand or a million: not here.)
MAGNITUDES: Mapping[str, int] = {
    fold(word): power for power, words in _SCALES.items() for word in words.split()
}
