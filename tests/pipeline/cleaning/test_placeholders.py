"""Sentences that say there is no overview, and short real overviews with the same words."""

# ruff: noqa: RUF001, E501

from __future__ import annotations

import csv

import pyarrow as pa
import pytest

from pipeline.cleaning.placeholders import find_placeholders, is_placeholder
from tests.support.cases import case

NONE = """
Für diesen Film liegt noch keine Beschreibung vor
Pas encore de résumé
No hay descripción disponible
Описание отсутствует
暂无简介
Ingen handling tilgængelig
Juoni ei saatavilla
Opis nie jest dostępny
There is no overview for this movie yet.
No plot outline available.
Plot details are being kept under wraps.
The plot is currently unknown.
Plot kept under wraps
Be the first to add a plot summary!
Add a plot in your language
We don't have a description for this title at the moment.
Overview not available in English
Synopsis coming soon
Summary to be announced.
Description is missing.
Sorry, no description found!
Nous n'avons pas encore de synopsis pour ce film.
Aucune description n'a été trouvée
Il n'y a pas de résumé disponible pour le moment
Synopsis à venir
Leider ist noch keine Inhaltsangabe vorhanden.
Es gibt keine Beschreibung zu diesem Film.
Keine Übersicht verfügbar
Zu diesem Film wurde noch keine Handlung eingetragen
Inhaltsangabe folgt in Kürze
Actualmente no tenemos sinopsis para esta película
Esta película no tiene descripción
Argumento no disponible
Descrizione non disponibile
Non è disponibile alcuna trama per questo film
Ancora nessuna sinossi
Ainda não há sinopse para este filme.
Não há descrição disponível
Sem descrição
Er is nog geen samenvatting beschikbaar voor deze film
Beskrivning saknas
Det finns ingen beskrivning av filmen ännu
Der er endnu ingen beskrivelse af denne film
Ingen beskrivelse tilgjengelig
Ei kuvausta saatavilla
Tälle elokuvalle ei ole vielä kuvausta
Brak opisu
Brak opisu dla tego filmu.
Ten film nie ma jeszcze opisu
K tomuto filmu není popis
Popis chybí.
Nincs elérhető leírás
Nu există descriere pentru acest film
Opis nije dostupan
Описание фильма отсутствует.
К этому фильму пока нет описания
Нет описания
Сюжет неизвестен
Опис відсутній
Няма описание за този филм
Δεν υπάρχει διαθέσιμη περιγραφή
Açıklama mevcut değil
Bu film için henüz bir özet yok
لا يوجد وصف متاح
אין תקציר זמין
कोई विवरण उपलब्ध नहीं है
Tidak ada sinopsis untuk film ini
Chưa có mô tả
Không có tóm tắt nội dung
この映画のあらすじはまだ登録されていません
概要はありません
剧情简介暂缺
该片暂无剧情介绍
暫無劇情簡介
줄거리 정보가 없습니다.
아직 설명이 없습니다
ยังไม่มีเรื่องย่อ
nan nan nan
Lorem ipsum dolor sit amet, consectetur adipiscing elit
TBA
...
xxx xxx
test test test
??? ??? ???
12345 67 89
Keine offizielle Inhaltsangabe verfügbar
No Spanish synopsis available
Information not available
No hay una sinopsis en español para esta película
We don't have an overview translated in English. Help us expand our database by adding one.
Es liegt keine deutsche Inhaltsangabe vor. Hilf uns unsere Datenbank zu erweitern
Plot summary not yet available.
No plot synopsis has been added yet.
This movie doesn't have a description yet.
It looks like we don't have a Synopsis for this title yet.
Currently no overview.
There are no plot summaries available for this title.
Overview coming soon.
The plot details are unknown at this time.
Plot undisclosed
Synopsis not provided.
No description provided by the distributor
Noch keine Zusammenfassung verfügbar
Diese Serie hat noch keine Beschreibung.
Wir haben noch keine Übersicht in Deutsch. Hilf uns unsere Datenbank zu erweitern und füge eine hinzu.
Momentan existiert keine deutsche Beschreibung
Keine Handlungsbeschreibung vorhanden.
Nous n'avons pas d'aperçu traduit en français. Aidez-nous à agrandir notre base de données en en ajoutant un.
Résumé indisponible
Ce film n'a pas encore de description.
Pas de description
No tenemos ninguna sinopsis en español. Ayúdanos añadiendo una.
Aún no hay resumen de esta película
Sinopsis pendiente
Trama non ancora disponibile
Al momento non c'è una trama per questo film.
Não temos uma sinopse em português. Ajude-nos a expandir a nossa base de dados adicionando uma.
Sinopse indisponível
Er is geen beschrijving beschikbaar in het Nederlands.
Vi har ingen översikt på svenska.
Handling saknas
Vi har ingen oversigt på dansk.
Filmen har ingen beskrivelse ennå
Elokuvalla ei ole kuvausta
Nie mamy opisu w języku polskim. Pomóż nam rozbudować bazę danych dodając go.
Popis filmu zatím chybí
Zatiaľ žiadny popis
Ehhez a filmhez még nincs leírás
Мы не имеем описания на русском языке. Помогите нам расширить нашу базу данных, добавив его.
Сюжет фильма пока неизвестен.
Описание будет добавлено позже
Немає опису українською мовою
暂无影片简介。
没有简介
这部电影还没有中文简介
目前沒有中文簡介
あらすじは準備中です
この作品の概要はまだありません。
現在、日本語のあらすじはありません
줄거리 준비중입니다
한국어 줄거리가 없습니다
الوصف غير متوفر
Henüz bir açıklama eklenmemiş
Özet bulunamadı
Descrierea nu este disponibilă
Belum ada sinopsis
Hiện chưa có nội dung tóm tắt
""".strip().splitlines()

REAL = """
No description can prepare a mother for this war.
Nobody knows the plot against the king.
A plot to kill the king is not found out in time.
Two brothers. One story.
There is no story she would not tell.
A film without a plot about nothing.
The unknown soldier comes back.
He has no time to write the story.
The plot thickens when no one is found.
Three friends add a twist to the story of their town.
An overview of the history of Poland.
A description of a struggle
Short documentary about missing children
Ein Mann ohne Vergangenheit sucht seine Beschreibung.
Eine Handlung ohne Folgen
La trama di un delitto senza colpevole
Une histoire sans fin
Une intrigue sans issue à Paris
Una historia de amor sin final
Un resumen de la guerra civil
История без конца
Сюжет о жизни на севере
Нет повести печальнее на свете
这是一个没有结局的故事
没有人知道剧情的真相
줄거리를 잃어버린 작가의 이야기
物語のない世界
Not your story.
No Country for Old Men
The story is not over.
No plot survives the night.
A man with no name rides in.
Summary execution of prisoners
He will not provide the missing details to police
She finds the missing plot of land.
The description does not match the killer.
None of the plots against Hitler succeeded.
Nobody is available.
Waiting for the unknown.
No plan. No plot. No way out.
Sin argumento, un escritor busca su historia
Ohne Plan und ohne Inhalt fährt er los
The plot to kill Hitler is revealed.
A secret plot is kept from the public.
Details of a secret life come to light.
A blind writer dictates the summary of his life.
Missing: one story, two lovers.
Nothing is known of her story.
The story of an unknown woman.
A story yet untold.
The true story has never been told.
No data, no rights.
Information is power.
They have no story, yet.
The description of a murderer.
Synopsis of a crime
Kein Film ohne Geschichte.
Ein Film ohne Handlung über die Zeit
Die Handlung spielt in Berlin.
Pas d'histoire sans amour
Le résumé d'une vie
Sin trama ni argumento, dos amigos viajan
Nessuna storia è più bella
Nincs történet hős nélkül
Нет истории без любви
История о любви
没有故事的人
没有剧本的人生
物語はまだ終わらない
이야기는 끝나지 않았다
""".strip().splitlines()


@pytest.mark.parametrize("text", NONE)
def test_a_sentence_that_says_there_is_none(text: str) -> None:
    assert is_placeholder(text)
    assert is_placeholder(text.upper())
    assert find_placeholders(pa.array([text]), pa.array(["Heat"])).tolist() == [0]


@pytest.mark.parametrize("text", REAL)
def test_a_short_real_overview(text: str) -> None:
    assert not is_placeholder(text)
    assert not is_placeholder(text, "Heat")


def test_case_09() -> None:
    with case("09-placeholders/films.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {row["id"] for row in rows if is_placeholder(row["overview"], row["title"])}
    assert found >= {str(n) for n in range(100, 118) if n != 116}  # 116 is a link, not a sentence
    assert not found & {str(n) for n in range(1, 13)}


def test_a_text_that_only_repeats_the_title() -> None:
    assert is_placeholder("The Coffin Road", "The Coffin Road")
    assert is_placeholder("the coffin road (1994).", "The Coffin Road")
    assert not is_placeholder("The coffin road is long.", "The Coffin Road")


def test_the_title_in_a_sentence_does_not_matter() -> None:
    text = "We do not have an overview for The Coffin Road yet."
    assert is_placeholder(text, "The Coffin Road")
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "n/a",
        "TBA",
        "TBD",
        "xxx",
        "aaaa",
        "test",
        "null",
        "\\N",
        "-",
        "?",
        "#N/A",
        "{}",
        "\U0001f600 \U0001f47b",
        "Coming soon!",
        "blah blah blah blah",
        "Plot unknown",
        "Add a Plot \u00bb",
        "Lorem ipsum dolor sit amet, " * 20,
        "plot not avaliable",
    ],
)
def test_texts_that_say_nothing(text: str) -> None:
    assert is_placeholder(text)
    assert find_placeholders(pa.array([text]), pa.array([None], pa.string())).tolist() == [0]


def test_every_phrase_of_before_is_known() -> None:
    phrases = [
        "add a plot",
        "coming soon",
        "details here",
        "lorem ipsum",
        "missing overview",
        "n/a",
        "na",
        "nan",
        "no data",
        "no description",
        "no description available",
        "no description yet",
        "no information",
        "no overview",
        "no overview available",
        "no overview found",
        "no overview yet",
        "no plot",
        "no plot available",
        "no synopsis",
        "no synopsis available",
        "none",
        "not available",
        "not yet available",
        "null",
        "overview not available",
        "overview unavailable",
        "plot not available",
        "plot not avaliable",
        "plot tba",
        "plot tbd",
        "plot to be announced",
        "plot under wraps",
        "plot kept under wraps",
        "plot unavailable",
        "plot unknown",
        "synopsis not available",
        "tba",
        "tbc",
        "tbd",
        "to be announced",
        "to be determined",
        "under construction",
        "unknown",
        "unknown plot",
        "untitled",
    ]
    assert [phrase for phrase in phrases if not is_placeholder(phrase)] == []


def test_only_positions_of_placeholders() -> None:
    texts = pa.array([None, "No overview.", "A thief plans a robbery.", "Heat", "nan nan"])
    titles = pa.array([None, None, None, "Heat", None], pa.string())
    assert find_placeholders(texts, titles).tolist() == [1, 3, 4]
    assert find_placeholders(texts).tolist() == [1]
    assert find_placeholders(pa.array([], pa.string())).tolist() == []
