# ruff: noqa: RUF001  # letters of many scripts are meant
"""Encodings that are guessed: texts of many languages in their encodings."""

from __future__ import annotations

import pytest

from pipeline.sources.forms.text.guessing import guess_encoding

TEXTS = [
    ("cp1251 koi8-r cp866 iso8859-5", "Смотритель маяка прячет украденную карту."),
    ("cp1251 koi8-r", "Солярис"),
    ("cp1251", "Війна і мир, її історія у Києві"),
    ("cp1251", "Филм о љубави и њеном крају"),
    ("gb18030", "霸王别姬,灯塔看守人把偷来的地图藏起来，躲避夜里上岸的走私者。"),
    ("gb18030", "卧虎藏龙"),
    ("big5", "燈塔看守人把偷來的地圖藏起來，躲避夜裡上岸的走私者。"),
    ("shift_jis euc_jp", "灯台守は盗まれた地図を密輸業者から隠している。"),
    ("shift_jis euc_jp", "千と千尋の神隠し"),
    ("cp949", "등대지기는 훔친 지도를 밀수꾼들에게서 숨긴다"),
    ("cp949", "기생충"),
    ("cp1250 iso8859-2", "Latarnik ukrywa skradzioną mapę przed przemytnikami, którzy śpią."),
    ("cp1250 iso8859-2", "Příběh strážce majáku, který skrývá ukradenou mapu"),
    ("cp1250 iso8859-2", "A világítótorony őre elrejti az ellopott térképet, űr"),
    ("cp1254", "Güneşin oğlu, İstanbul'da yaşayan bir çocuğun öyküsü"),
    ("cp1253 iso8859-7", "Το φως της θάλασσας και ο φύλακας του φάρου"),
    ("cp1255", "שומר המגדלור מסתיר מפה גנובה"),
    ("cp1256", "حارس المنارة يخفي خريطة مسروقة"),
    ("cp874", "ผู้ดูแลประภาคารซ่อนแผนที่"),
    ("cp1257", "Švyturio prižiūrėtojas slepia pavogtą žemėlapį"),
    ("cp1252", "Amélie"),
    ("cp1252", "Le Fabuleux Destin d’Amélie Poulain où une serveuse décide de changer la vie"),
    ("cp1252 mac-roman", "Une serveuse décide de changer la vie – à Paris, où elle espère"),
    ("cp1252", "Das weiße Band – Eine deutsche Kindergeschichte für Größere"),
    ("cp1252", "Niño, ¿dónde está el corazón?"),
    ("cp1252", "Não há ninguém no sertão, é coração"),
    ("cp1252", "Tromsø og Århus, ærlig"),
    ("cp1252", "Þrír menn á báti í höfn með ævintýri"),
    ("cp1252", "€5 for 20° and £10 – it’s “fine”…"),
]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [(encoding, text) for encodings, text in TEXTS for encoding in encodings.split()],
)
def test_a_line_is_enough(encoding: str, text: str) -> None:
    guess, confidence = guess_encoding(text.encode(encoding))
    assert text.encode(encoding).decode(guess) == text
    assert 0.4 < confidence <= 0.99


def test_more_text_gives_more_confidence() -> None:
    little = guess_encoding("Łódź".encode("cp1250"))
    much = guess_encoding("Łódź i Święty Łukasz, którzy śpią nocą".encode("cp1250"))
    assert little[0] == much[0] == "cp1250" and little[1] <= much[1]


def test_bytes_that_are_no_text() -> None:
    data = bytes(range(128, 256)) * 3
    guess, confidence = guess_encoding(data)
    assert data.decode(guess, "replace") and 0 <= confidence < 1
