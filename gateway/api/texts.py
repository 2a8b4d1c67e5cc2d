"""Words of the pages that end customers see, in German and English.

`{target}` is the accounting system's name, `{tenant}` the software that asks for access.
"""

from collections.abc import Iterable

from msgspec import Struct

LANGUAGES = ("de", "en")


class Explanation(Struct, frozen=True):
    """What happened and what the reader can do about it."""

    title: str
    happened: str
    remedy: str


class Words(Struct, frozen=True, kw_only=True):
    """Every fixed phrase of the connect page."""

    title: str
    other_language: str
    asks: str
    reconnects: str
    test_stage: str
    label: str
    oauth_heading: str
    oauth_explains: str
    oauth_button: str
    or_else: str
    key_heading: str
    key_explains: str
    key_where: str
    key_label: str
    key_button: str
    expires: str
    back: str
    reference: str


WORDS: dict[str, Words] = {
    "de": Words(
        title="{target} verbinden",
        other_language="English",
        asks="{tenant} möchte auf Ihre Buchhaltung in {target} zugreifen.",
        reconnects="{tenant} möchte den Zugriff auf Ihre Buchhaltung in {target} erneuern.",
        test_stage="Testumgebung: Es werden keine echten Buchungen berührt.",
        label="Bezeichnung",
        oauth_heading="Mit Ihrer Anmeldung",
        oauth_explains="Sie melden sich bei {target} an und bestätigen dort den Zugriff. "
        "Ihr Passwort erfährt außer {target} niemand.",
        oauth_button="Weiter zu {target}",
        or_else="oder",
        key_heading="Mit einem API-Schlüssel",
        key_explains="Sie erzeugen in {target} einen Schlüssel und fügen ihn hier ein. "
        "Wir prüfen ihn sofort und speichern ihn verschlüsselt.",
        key_where="API-Schlüssel in {target} erzeugen (öffnet ein neues Fenster)",
        key_label="API-Schlüssel",
        key_button="Prüfen und verbinden",
        expires="Dieser Link gilt einmal und höchstens 30 Minuten.",
        back="Zurück zu {tenant}",
        reference="Kennung für Rückfragen",
    ),
    "en": Words(
        title="Connect {target}",
        other_language="Deutsch",
        asks="{tenant} asks for access to your books in {target}.",
        reconnects="{tenant} asks to renew its access to your books in {target}.",
        test_stage="Test environment: no real bookings are touched.",
        label="Label",
        oauth_heading="By signing in",
        oauth_explains="You sign in at {target} and confirm the access there. "
        "Nobody but {target} learns your password.",
        oauth_button="Continue to {target}",
        or_else="or",
        key_heading="With an API key",
        key_explains="You make a key in {target} and paste it here. "
        "We check it at once and store it encrypted.",
        key_where="Make an API key in {target} (opens a new window)",
        key_label="API key",
        key_button="Check and connect",
        expires="This link works once, for 30 minutes at most.",
        back="Back to {tenant}",
        reference="Reference for questions",
    ),
}

_NEW_LINK_DE = "Gehen Sie zurück zu Ihrer Software und starten Sie die Verbindung dort neu."
_NEW_LINK_EN = "Go back to your software and start connecting again from there."

PROBLEMS: dict[str, dict[str, Explanation]] = {
    "de": {
        "link_unknown": Explanation(
            "Diesen Link gibt es nicht",
            "Die Adresse gehört zu keiner Verbindung. Vielleicht wurde sie unvollständig kopiert.",
            _NEW_LINK_DE,
        ),
        "link_expired": Explanation(
            "Dieser Link ist abgelaufen",
            "Ein Link zum Verbinden gilt höchstens 30 Minuten. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "link_used": Explanation(
            "Dieser Link wurde schon benutzt",
            "Ein Link zum Verbinden gilt nur einmal.",
            "Ist Ihre Software noch nicht verbunden, starten Sie die Verbindung dort neu.",
        ),
        "browser_mismatch": Explanation(
            "Anderer Browser",
            "Diese Verbindung wurde in einem anderen Browser begonnen, oder Cookies sind ausgeschaltet. "
            "Zu Ihrem Schutz wurde nichts verbunden.",
            "Machen Sie im ursprünglichen Browser weiter und erlauben Sie Cookies, "
            "oder starten Sie die Verbindung in Ihrer Software neu.",
        ),
        "page_outdated": Explanation(
            "Diese Seite ist veraltet",
            "Das Formular passt nicht mehr zu Ihrem Browser. Es wurde nichts verbunden.",
            "Öffnen Sie den Link noch einmal.",
        ),
        "callback_malformed": Explanation(
            "Die Rückmeldung ist unlesbar",
            "{target} hat Sie mit unvollständigen Angaben zurückgeschickt. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "state_unknown": Explanation(
            "Diese Rückmeldung gehört zu keiner Verbindung",
            "Wir haben diese Anmeldung nicht begonnen. Zu Ihrem Schutz wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "state_used": Explanation(
            "Diese Bestätigung wurde schon verarbeitet",
            "Ihre Bestätigung kam doppelt an. Beim ersten Mal wurde sie verarbeitet.",
            "Sehen Sie in Ihrer Software nach. Ist sie nicht verbunden, starten Sie dort neu.",
        ),
        "attempt_expired": Explanation(
            "Die Anmeldung hat zu lange gedauert",
            "Zwischen Beginn und Bestätigung dürfen höchstens 10 Minuten liegen. Es wurde nichts verbunden.",
            "Öffnen Sie den Link in diesem Browser noch einmal, oder starten Sie in Ihrer Software neu.",
        ),
        "wrong_target": Explanation(
            "Falsches System",
            "Die Bestätigung kam von einem anderen System als dem, "
            "bei dem Sie begonnen haben. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "issuer_mismatch": Explanation(
            "Falscher Absender",
            "Die Bestätigung stammt nicht von {target}. Zu Ihrem Schutz wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "access_denied": Explanation(
            "Sie haben den Zugriff abgelehnt",
            "Sie haben bei {target} nicht zugestimmt. Es wurde nichts verbunden.",
            "Möchten Sie doch verbinden, starten Sie in Ihrer Software neu und stimmen Sie zu.",
        ),
        "authorization_failed": Explanation(
            "{target} hat die Anmeldung abgebrochen",
            "{target} hat einen Fehler gemeldet. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "partner_app_refused": Explanation(
            "{target} lässt die Software nicht zu",
            "Die Zugangsdaten der Software bei {target} wurden abgelehnt. Es wurde nichts verbunden.",
            "Bitte wenden Sie sich an den Anbieter Ihrer Software und nennen Sie die Kennung unten.",
        ),
        "code_refused": Explanation(
            "{target} hat die Bestätigung nicht angenommen",
            "Die Bestätigung war abgelaufen oder schon benutzt. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "grant_unusable": Explanation(
            "{target} hat keinen brauchbaren Zugang geliefert",
            "Die Antwort von {target} war unvollständig. Es wurde nichts verbunden.",
            "Versuchen Sie es später aus Ihrer Software noch einmal.",
        ),
        "organization_mismatch": Explanation(
            "Das ist eine andere Firma",
            "Bisher war eine andere Firma verbunden als die, für die Sie gerade zugestimmt haben. "
            "Die bisherige Verbindung bleibt, wie sie war.",
            "Melden Sie sich bei {target} mit der bisherigen Firma an. Soll wirklich die Firma wechseln, "
            "bestätigen Sie das in Ihrer Software.",
        ),
        "return_url_withdrawn": Explanation(
            "Wir können Sie nicht zurückschicken",
            "Die Adresse Ihrer Software ist nicht mehr hinterlegt. Es wurde nichts verbunden.",
            "Bitte wenden Sie sich an den Anbieter Ihrer Software.",
        ),
        "key_malformed": Explanation(
            "So sieht kein API-Schlüssel aus",
            "Die Eingabe ist zu kurz, zu lang oder enthält Leerzeichen oder Umlaute.",
            "Kopieren Sie den Schlüssel in {target} noch einmal vollständig und fügen Sie ihn unten ein.",
        ),
        "key_refused": Explanation(
            "{target} nimmt den Schlüssel nicht an",
            "Der Schlüssel ist falsch, abgelaufen oder gelöscht.",
            "Erzeugen Sie in {target} einen neuen Schlüssel und fügen Sie ihn unten ein.",
        ),
        "plan_insufficient": Explanation(
            "Ihr Tarif reicht nicht",
            "Ihr Tarif bei {target} erlaubt den Zugriff für Programme nicht, oder er ist ausgelaufen.",
            "Prüfen Sie Ihren Tarif bei {target} und versuchen Sie es dann noch einmal.",
        ),
        "permission_missing": Explanation(
            "Eine Berechtigung fehlt",
            "{target} kennt den Zugang, aber er darf die Firmendaten nicht lesen.",
            "Erteilen Sie alle Berechtigungen, auch die für das Profil, und versuchen Sie es noch einmal.",
        ),
        "reconnect_required": Explanation(
            "{target} nimmt den Zugang nicht an",
            "Der gerade erteilte Zugang wurde sofort abgelehnt. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "connection_problem": Explanation(
            "{target} lässt den Zugriff nicht zu",
            "{target} hat den Zugriff abgelehnt. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "too_many_attempts": Explanation(
            "Zu viele Versuche",
            "Über diesen Link wurden zu viele Schlüssel ausprobiert. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "partner_app_missing": Explanation(
            "Hier fehlt noch eine Einstellung",
            "Die Software ist für die Anmeldung bei {target} noch nicht eingerichtet.",
            "Bitte wenden Sie sich an den Anbieter Ihrer Software.",
        ),
        "method_not_offered": Explanation(
            "Dieser Weg wird nicht angeboten",
            "Die Verbindung ist auf diesem Weg nicht vorgesehen.",
            "Öffnen Sie den Link noch einmal und wählen Sie einen der angebotenen Wege.",
        ),
        "not_found": Explanation(
            "Diese Seite gibt es nicht", "Die Adresse gehört zu keinem bekannten System.", _NEW_LINK_DE
        ),
        "conflict": Explanation(
            "Das passt nicht mehr zum Stand der Dinge",
            "Die Verbindung wurde inzwischen geändert. Es wurde nichts verbunden.",
            _NEW_LINK_DE,
        ),
        "upstream_busy": Explanation(
            "{target} ist gerade ausgelastet",
            "Es kommen zu viele Anfragen an. Es wurde nichts verbunden.",
            "Warten Sie eine Minute und versuchen Sie es noch einmal.",
        ),
        "upstream_unreachable": Explanation(
            "{target} ist nicht erreichbar",
            "Wir konnten {target} gerade nicht erreichen. Es wurde nichts verbunden.",
            "Versuchen Sie es in einigen Minuten noch einmal.",
        ),
        "upstream_broken": Explanation(
            "{target} hat nicht verständlich geantwortet",
            "Die Antwort von {target} ließ sich nicht lesen. Es wurde nichts verbunden.",
            "Versuchen Sie es in einigen Minuten noch einmal.",
        ),
        "unavailable": Explanation(
            "Gerade nicht möglich",
            "Unser Dienst ist im Augenblick nicht vollständig verfügbar. Es wurde nichts verbunden.",
            "Versuchen Sie es in einigen Minuten noch einmal.",
        ),
        "fault": Explanation(
            "Da ist uns ein Fehler unterlaufen",
            "Es wurde nichts verbunden.",
            "Versuchen Sie es noch einmal. Bleibt der Fehler, "
            "nennen Sie Ihrem Softwareanbieter die Kennung unten.",
        ),
    },
    "en": {
        "link_unknown": Explanation(
            "There is no such link",
            "This address belongs to no connection. Perhaps it was not copied completely.",
            _NEW_LINK_EN,
        ),
        "link_expired": Explanation(
            "This link has expired",
            "A connect link works for 30 minutes at most. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "link_used": Explanation(
            "This link has been used",
            "A connect link works only once.",
            "If your software is not connected yet, start again from there.",
        ),
        "browser_mismatch": Explanation(
            "Another browser",
            "This connection was begun in another browser, or cookies are switched off. "
            "To protect you, nothing was connected.",
            "Go on in the first browser and allow cookies, or start again from your software.",
        ),
        "page_outdated": Explanation(
            "This page is out of date",
            "The form does not fit your browser any more. Nothing was connected.",
            "Open the link once more.",
        ),
        "callback_malformed": Explanation(
            "The answer cannot be read",
            "{target} sent you back with incomplete details. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "state_unknown": Explanation(
            "This answer belongs to no connection",
            "We did not begin this sign-in. To protect you, nothing was connected.",
            _NEW_LINK_EN,
        ),
        "state_used": Explanation(
            "This confirmation was already processed",
            "Your confirmation arrived twice. It was processed the first time.",
            "Look into your software. If it is not connected, start again from there.",
        ),
        "attempt_expired": Explanation(
            "Signing in took too long",
            "At most 10 minutes may pass between start and confirmation. Nothing was connected.",
            "Open the link in this browser once more, or start again from your software.",
        ),
        "wrong_target": Explanation(
            "Wrong system",
            "The confirmation came from another system than the one you began with. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "issuer_mismatch": Explanation(
            "Wrong sender",
            "The confirmation does not come from {target}. To protect you, nothing was connected.",
            _NEW_LINK_EN,
        ),
        "access_denied": Explanation(
            "You declined the access",
            "You did not consent at {target}. Nothing was connected.",
            "If you want to connect after all, start again from your software and consent.",
        ),
        "authorization_failed": Explanation(
            "{target} stopped the sign-in",
            "{target} reported an error. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "partner_app_refused": Explanation(
            "{target} does not admit the software",
            "The software's own credentials at {target} were refused. Nothing was connected.",
            "Please contact the maker of your software and give the reference below.",
        ),
        "code_refused": Explanation(
            "{target} did not accept the confirmation",
            "The confirmation had expired or was used before. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "grant_unusable": Explanation(
            "{target} gave no usable access",
            "The answer of {target} was incomplete. Nothing was connected.",
            "Try again later from your software.",
        ),
        "organization_mismatch": Explanation(
            "This is another company",
            "Until now another company was connected than the one you just consented for. "
            "The former connection stays as it was.",
            "Sign in at {target} with the former company. If the company is really meant to change, "
            "confirm that in your software.",
        ),
        "return_url_withdrawn": Explanation(
            "We cannot send you back",
            "The address of your software is no longer registered. Nothing was connected.",
            "Please contact the maker of your software.",
        ),
        "key_malformed": Explanation(
            "This does not look like an API key",
            "The entry is too short, too long, or holds blanks or letters that no key has.",
            "Copy the whole key in {target} once more and paste it below.",
        ),
        "key_refused": Explanation(
            "{target} does not accept the key",
            "The key is wrong, expired or deleted.",
            "Make a new key in {target} and paste it below.",
        ),
        "plan_insufficient": Explanation(
            "Your plan does not allow it",
            "Your plan at {target} does not include access by programs, or it has lapsed.",
            "Check your plan at {target} and try again.",
        ),
        "permission_missing": Explanation(
            "A permission is missing",
            "{target} knows the access, but it may not read the company's data.",
            "Grant all permissions, the one for the profile too, and try again.",
        ),
        "reconnect_required": Explanation(
            "{target} does not accept the access",
            "The access that was just granted was refused at once. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "connection_problem": Explanation(
            "{target} does not allow the access",
            "{target} refused the access. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "too_many_attempts": Explanation(
            "Too many attempts",
            "Too many keys were tried with this link. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "partner_app_missing": Explanation(
            "A setting is still missing",
            "The software is not yet set up for signing in at {target}.",
            "Please contact the maker of your software.",
        ),
        "method_not_offered": Explanation(
            "This way is not offered",
            "The connection is not meant to be made this way.",
            "Open the link once more and choose one of the ways it offers.",
        ),
        "not_found": Explanation(
            "There is no such page", "This address belongs to no known system.", _NEW_LINK_EN
        ),
        "conflict": Explanation(
            "This does not fit the present state",
            "The connection was changed meanwhile. Nothing was connected.",
            _NEW_LINK_EN,
        ),
        "upstream_busy": Explanation(
            "{target} is busy",
            "There are too many requests. Nothing was connected.",
            "Wait a minute and try again.",
        ),
        "upstream_unreachable": Explanation(
            "{target} cannot be reached",
            "We could not reach {target} just now. Nothing was connected.",
            "Try again in a few minutes.",
        ),
        "upstream_broken": Explanation(
            "{target} gave no readable answer",
            "The answer of {target} could not be read. Nothing was connected.",
            "Try again in a few minutes.",
        ),
        "unavailable": Explanation(
            "Not possible just now",
            "Our service is not fully available at the moment. Nothing was connected.",
            "Try again in a few minutes.",
        ),
        "fault": Explanation(
            "We made a mistake",
            "Nothing was connected.",
            "Try again. If it stays, give the reference below to the maker of your software.",
        ),
    },
}


def explanation(code: str, language: str) -> Explanation:
    """What to tell about a problem of this code; codes without words of their own read as a fault."""
    table = PROBLEMS[language]
    return table.get(code, table["fault"])


def preferred(accept_language: str, chosen: Iterable[str | None] = ()) -> str:
    """The language to speak: the first valid choice, else the browser's best of ours, else German."""
    for choice in chosen:
        if choice in LANGUAGES:
            return choice
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            ranked.append((-_quality(parameters), position, language))
    return min(ranked)[2] if ranked else LANGUAGES[0]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
