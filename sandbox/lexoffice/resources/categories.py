"""Posting categories (`/v1/posting-categories`): to which account a line of a bookkeeping voucher goes.

As many as the vendor has: 62 for income, 169 for expenses, 12 of which demand a contact. The ids it publishes
are here, the others are made from their names, which are a believable guess. Names are no keys: the vendor
itself prints some in two spellings.
"""

import uuid
from typing import Any

import msgspec

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.wire import Reply, json_reply

MADE_UP = uuid.UUID("6f1f6f5c-6a1e-4a57-9a0e-1d3f6c6b7a10")


class Category(msgspec.Struct, frozen=True):
    """`split`: lines of one voucher may have different tax rates. `contact`: no collective contact."""

    id: str
    name: str
    type: str
    group: str
    contact: bool = False
    split: bool = True

    def printed(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "contactRequired": self.contact,
            "splitAllowed": self.split,
            "groupName": self.group,
        }


# A line `= …` opens a group. name | id where published | marks: c contact required, s no split
INCOME = """
= Einnahmen
Warenverkäufe|8f8664a8-fd86-11e1-a21f-0800200c9a66
Dienstleistung|8f8664a0-fd86-11e1-a21f-0800200c9a66
Einnahmen|8f8664a1-fd86-11e1-a21f-0800200c9a66
Innergemeinschaftliche Lieferung|9075a4e3-66de-4795-a016-3889feca0d20|cs
Fremdleistungen §13b|380a20cb-d04c-426e-b49c-84c22adfa362|cs
Ausfuhrlieferungen an Drittländer|93d24c20-ea84-424e-a731-5e1b78d1e6a9|cs
Dienstleistungen an Drittländer|ef5b1a6e-f690-4004-9a19-91276348894f|cs
Bauleistungen §13b||cs
Einnahmen als Kleinunternehmer|f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207|s
Fernverkauf|7c112b66-0565-479c-bc18-5845e080880a
Elektronische Dienstleistungen|d73b880f-c24a-41ea-a862-18d90e1c3d82
Fernverkauf in EU-Land steuerpflichtig|4ebd965a-7126-416c-9d8c-a5c9366ee473|c
Elektronische Dienstleistung in EU-Land steuerpflichtig|7ecea006-844c-4c98-a02d-aa3142640dd5|c
Photovoltaik 0 %||s
Sonstige Erlöse|4f01e761-d912-441f-ad1a-1c1d2d590a81
Steuerfreie Umsätze|aba9020f-d0a6-47ca-ace6-03d6ed492351|s
Bewirtungserlöse
Provisionserlöse
Erlöse aus Vermietung
Erlöse aus Verpachtung||s
Erlöse aus Lizenzen
Erlöse aus Seminaren
Erlöse aus Reparaturen
Erlöse aus Versand
Erlöse aus Verpackung
Erlöse aus Werbung
Erlöse aus Abonnements
Erlöse aus Gutscheinen||s
Anzahlungen
Pfand
Skonto an Kunden
Boni an Kunden
Rabatte an Kunden
= Sonstiges
Zinserträge||s
Mahngebühren||s
Versicherungsentschädigungen||s
Investitionszulagen||s
Zuschüsse||s
Erstattung Krankenkasse||s
Erstattung Steuern||s
Kursgewinne||s
Verkauf Anlagevermögen
Verkauf Kraftfahrzeug
Verkauf Geringwertige Wirtschaftsgüter
Private Nutzung Kfz
Private Nutzung Telefon
Private Nutzung Strom
Warenentnahme
Sachbezüge Mitarbeiter
Auflösung Rückstellungen||s
Periodenfremde Erträge
Sonstige Erträge
= Finanzen
Privateinlage||s
Geldtransit|dd56efd2-6c62-40e4-9d9e-cba7b0045911|s
Darlehensaufnahme||s
Darlehensrückzahlung||s
Umsatzsteuererstattung||s
Gewerbesteuererstattung||s
Kapitaleinlage||s
Durchlaufende Posten||s
Zahlungsdienstleister||s
Forderungsausgleich||s
"""
EXPENSES = """
= Material und Waren
Wareneinkauf
Material|16d04a28-fd91-11e1-a21f-0800200c9a66
Rohstoffe
Hilfsstoffe
Betriebsstoffe
Verpackungsmaterial
Bezugsnebenkosten
Fracht Einkauf
Zölle||s
Innergemeinschaftlicher Erwerb||cs
Einfuhr Drittland||cs
Pfand Einkauf
Leergut
Skonto von Lieferanten
Boni von Lieferanten
= Fremdleistungen
Fremdleistungen
Subunternehmer
Bauleistungen §13b Einkauf||cs
Fremdleistungen §13b EU||cs
Fremdleistungen §13b Drittland||cs
Freie Mitarbeiter
Honorare
Lizenzen
Künstlersozialabgabe||s
= Personal
Löhne||s
Gehälter||s
Geschäftsführergehalt||s
Minijob||s
Aushilfen||s
Lohnsteuer||s
Sozialversicherung||s
Berufsgenossenschaft||s
Betriebliche Altersvorsorge||s
Vermögenswirksame Leistungen||s
Fahrtkostenzuschuss||s
Fortbildung Mitarbeiter
Betriebsveranstaltung
Geschenke Mitarbeiter
Arbeitskleidung
Stellenanzeigen
Bewirtung Mitarbeiter
= Raumkosten
Miete
Pacht
Nebenkosten
Strom
Gas
Wasser||s
Heizung
Reinigung
Instandhaltung Räume
Häusliches Arbeitszimmer||s
Müllabfuhr
Bewachung
Lagerkosten
= Büro
Büromaterial
Büroausstattung
Fachliteratur
Zeitschriften
Porto||s
Paketversand
Telefon
Mobilfunk
Internet
Software
Cloud-Dienste
Webhosting
Domains
EDV-Wartung
Kopierkosten
Kleingeräte
= Fahrzeuge
Kraftstoff
Ladestrom
Kfz-Reparatur
Kfz-Wartung
Kfz-Versicherung||s
Kfz-Steuer||s
Kfz-Leasing
Kfz-Miete
Parkgebühren
Maut||s
Fahrzeugwäsche
Kilometerpauschale||s
Fahrrad
= Reisen
Reise MA|cf03a2b0-f838-474f-ac5e-67adb9b830c7
Fahrtkosten MA|3620798f-ae06-4492-b775-1c87eb99247c
Reisen (Selbständige)|efa82f49-fd85-11e1-a21f-0800200c9a66
Übernachtung Mitarbeiter|b99b667f-bfee-41b9-8ec0-cee308bdacfd
Übernachtungskosten (Selbständige)|f9f05694-fd89-11e1-a21f-0800200c9a66
Verpflegungsmehraufwand Mitarbeiter|353e8c93-5f69-4476-887f-d48734ee2cc7|s
Verpflegungsmehraufwand Selbständige|9fb5e4b0-94ae-47f3-804f-5ed00e4aceb6|s
Bahnfahrten
Flüge
Taxi
Mietwagen
= Werbung
Werbekosten
Anzeigen
Online-Werbung
Messekosten
Drucksachen
Geschenke bis 50 EUR
Geschenke über 50 EUR
Bewirtung
Aufmerksamkeiten
Sponsoring
Website
= Beratung
Steuerberatung
Rechtsberatung
Buchführung
Jahresabschluss
Unternehmensberatung
Notar
Gerichtskosten||s
Inkasso
Übersetzungen
= Versicherungen und Beiträge
Betriebshaftpflicht||s
Rechtsschutz||s
Inhaltsversicherung||s
Cyberversicherung||s
Sonstige Versicherungen||s
Kammerbeiträge||s
Verbandsbeiträge||s
Rundfunkbeitrag||s
Mitgliedsbeiträge||s
= Maschinen und Geräte
Werkzeuge
Maschinenmiete
Leasing Maschinen
Instandhaltung Maschinen
Geringwertige Wirtschaftsgüter
Betriebsbedarf
= Anschaffungen
Computer
Büromöbel
Maschinen
Kraftfahrzeug
Gebäude||s
Grundstück||s
Ladeneinrichtung
Software Anschaffung
Patente und Marken
Anzahlung auf Anlagen
= Finanzen
Privatentnahme|16d04a25-fd91-11e1-a21f-0800200c9a66|s
Zahlungsgebühren 0 %|16d04a23-fd91-11e1-a21f-0800200c9a66|s
Zahlungsgebühren 19 %|113476af-ac83-4bf2-941d-0daa37022945|s
Kontoführung||s
Zinsen||s
Darlehenstilgung||s
Kreditkartengebühren||s
Mahnkosten||s
Kursverluste||s
Forderungsverluste
Kapitalrückzahlung||s
Durchlaufende Posten||s
= Steuern und Abgaben
Umsatzsteuerzahlung||s
Umsatzsteuer Vorjahr||s
Gewerbesteuer||s
Körperschaftsteuer||s
Einkommensteuer||s
Grundsteuer||s
Säumniszuschläge||s
Verwarnungsgelder||s
= Sonstiges
Sonstige Ausgaben
Nicht abziehbare Ausgaben||s
Spenden||s
Spenden an Parteien||s
Entsorgung
Reparaturen
Nebenkosten des Geldverkehrs||s
Periodenfremde Aufwendungen
Fortbildung
Seminare
"""


def _read(table: str, type: str) -> list[Category]:
    rows, group = [], ""
    for line in table.strip().splitlines():
        if line.startswith("= "):
            group = line[2:]
            continue
        name, id, marks = (*line.split("|"), "", "")[:3]
        own = str(uuid.uuid5(MADE_UP, f"{type}/{name}"))
        rows.append(Category(id or own, name, type, group, contact="c" in marks, split="s" not in marks))
    return rows


CATEGORIES = {row.id: row for row in (*_read(INCOME, "income"), *_read(EXPENSES, "outgo"))}


def posting_categories(call: Call) -> Reply:
    return json_reply([category.printed() for category in CATEGORIES.values()])


ROUTES = [get("/v1/posting-categories", posting_categories)]
