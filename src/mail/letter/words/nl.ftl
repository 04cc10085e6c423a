# Dutch. The reader is "u".

greeting = Goedendag,
moment =
    { $day } { $month ->
        [1] januari
        [2] februari
        [3] maart
        [4] april
        [5] mei
        [6] juni
        [7] juli
        [8] augustus
        [9] september
        [10] oktober
        [11] november
       *[12] december
    } { $year } om { $hour }.{ $minute } uur (UTC)
in-days =
    { $days ->
        [0] binnen 24 uur
        [one] over { $days } dag
       *[other] over { $days } dagen
    }
fact = { $label }: { $value }
link-lead = { $label }:
link-fallback = Werkt de knop niet? Kopieer dan dit adres naar uw browser:
button-partners = Uw partners bekijken
button-partnership = Partnerschap bekijken
quote-message = { $name } schrijft:
quote-reason = Opgegeven reden:
quote-caveat = Deze tekst is door de andere organisatie geschreven en is niet gecontroleerd. Wees voorzichtig met links en verzoeken die erin staan.
footer-invitation = U ontvangt dit automatische bericht omdat { $account } uw e-mailadres in een uitnodiging heeft ingevuld.
footer-manager = U ontvangt dit automatische bericht omdat u de partners van uw organisatie beheert.

## Types of partnership, by name and as in "would like to work with you ..."

type-collaboration = Samenwerking
type-reseller = Reseller
type-delegated-administrator = Gedelegeerd beheerder
type-reseller-and-delegated-administrator = Reseller en gedelegeerd beheerder
type-partner = Partner
type-advisor = Adviseur
type-mpsa = MPSA-partner
type-oem-pc = OEM-pc-fabrikant
type-line-of-business = Ontwikkelaar van bedrijfsapps
type-other = Partnerschap
as-collaboration = als samenwerkingspartner
as-reseller = als reseller
as-delegated-administrator = als gedelegeerd beheerder
as-reseller-and-delegated-administrator = als reseller en gedelegeerd beheerder
as-partner = als partner
as-advisor = als adviseur
as-mpsa = als MPSA-partner
as-oem-pc = als OEM-pc-fabrikant
as-line-of-business = als ontwikkelaar van bedrijfsapps
as-other = als partner

## Administrator roles, and what a partner may do

role-user-admin = Gebruikersbeheerder
role-license-admin = Licentiebeheerder
role-password-admin = Wachtwoordbeheerder
role-service-admin = Servicebeheerder
role-support-admin = Ondersteuningsbeheerder
can-share = bestanden en contactgegevens met elkaar delen
can-see-members = elkaars leden terugvinden bij hun contacten
can-sell = producten en diensten aan u verkopen
can-manage-subscriptions = uw abonnementen beheren
can-work-with-services = met uw services werken via een gebruikersaccount dat u verstrekt
can-view-purchases = aankopen bekijken die u via andere, door u gekozen MPSA-partners hebt gedaan
can-upload-device-ids = de id’s uploaden van apparaten die voor u zijn gebouwd
can-develop-apps = apps voor u ontwikkelen
can-submit-apps = apps voor u indienen
can-manage-apps = uw apps beheren
can-manage-users = gebruikers beheren
can-manage-licenses = licenties beheren
can-reset-passwords = wachtwoorden opnieuw instellen
can-manage-services = services beheren
can-manage-support-tickets = ondersteuningstickets beheren
can-with-role = { $can } ({ $role })
role-with-can = { $role }: { $can }

## Invitation

invitation-subject = { $account } wil graag { $as } met u samenwerken
invitation-subject-mutual = { $account } nodigt u uit om samen te werken
invitation-heading = Een uitnodiging voor uw organisatie
invitation-intro = { $inviter } van { $account } wil graag { $as } met uw organisatie samenwerken.
invitation-intro-account = { $account } wil graag { $as } met uw organisatie samenwerken.
invitation-intro-mutual = { $inviter } van { $account } nodigt uw organisatie uit om samen te werken.
invitation-intro-account-mutual = { $account } nodigt uw organisatie uit om samen te werken.
invitation-permits = Als u accepteert, kan { $account }:
invitation-permits-mutual = Als u accepteert, kunnen beide organisaties:
invitation-know = Goed om te weten:
invitation-roles-days =
    { $days ->
        [one] De beheerdersrollen eindigen { $days } dag nadat u hebt geaccepteerd.
       *[other] De beheerdersrollen eindigen { $days } dagen nadat u hebt geaccepteerd.
    } U kunt ze op elk moment eerder intrekken.
invitation-roles-extend =
    { $days ->
        [one] De beheerdersrollen gelden { $days } dag
       *[other] De beheerdersrollen gelden { $days } dagen
    } en worden daarna automatisch telkens met { $extension } dagen verlengd. U kunt ze op elk moment intrekken.
invitation-roles-endless = De beheerdersrollen hebben geen einddatum. U kunt ze op elk moment intrekken.
invitation-agreement = Als er een klantovereenkomst van kracht is, wordt u gevraagd daarmee akkoord te gaan wanneer u accepteert.
invitation-ends-either = Beide organisaties kunnen het partnerschap op elk moment beëindigen.
invitation-ends-provider = Nadat u hebt geaccepteerd, kan alleen { $account } het partnerschap beëindigen.
invitation-decides = Iedereen die in uw organisatie partners beheert, kan de uitnodiging accepteren of afwijzen.
invitation-expires = De uitnodiging is geldig tot { $moment }.
invitation-button = Uitnodiging bekijken
invitation-safety = Er wordt niets gedeeld en niemand krijgt toegang zolang de uitnodiging niet is geaccepteerd. Kent u { $account } niet of verwachtte u deze uitnodiging niet, dan kunt u dit bericht negeren. Wij vragen nooit per e-mail om wachtwoorden.

## Rejection

rejection-subject = Uw uitnodiging aan { $email } is afgewezen
rejection-heading = Uitnodiging afgewezen
rejection-intro = Uw uitnodiging aan { $email } ({ $type }) is afgewezen.
rejection-next = U kunt deze persoon opnieuw uitnodigen zodra beide organisaties de afgewezen uitnodiging uit hun lijst hebben verwijderd.

## Acceptance

acceptance-subject = { $account } heeft uw uitnodiging geaccepteerd
acceptance-heading = Uitnodiging geaccepteerd
acceptance-intro = { $account } heeft de uitnodiging geaccepteerd die u aan { $email } hebt gestuurd ({ $type }). Het partnerschap is nu van kracht.
acceptance-members = De leden van beide organisaties staan nu bij elkaars contacten en u kunt bestanden met elkaar delen.
acceptance-work = U kunt nu voor { $account } werken binnen de grenzen van de uitnodiging.

## Ending

ending-subject = Uw partnerschap met { $account } is beëindigd
ending-heading = Partnerschap beëindigd
ending-intro = Uw partnerschap met { $account } ({ $type }) is beëindigd.
ending-permits = De bevoegdheden die bij het partnerschap hoorden, gelden niet meer.
ending-members = Contacten van { $account } worden niet meer bijgewerkt. Wat al is gedeeld, blijft beschikbaar voor wie het heeft, totdat de eigenaar het delen stopt.
ending-again = Om opnieuw samen te werken is een nieuwe uitnodiging nodig.

## Inquiry

inquiry-subject = { $account } zoekt een dienstverlener
inquiry-heading = Een nieuwe aanvraag
inquiry-intro = { $sender } van { $account } heeft uw organisatie in de gids van dienstverleners gevonden en beschrijft wat er nodig is.
inquiry-intro-account = { $account } heeft uw organisatie in de gids van dienstverleners gevonden en beschrijft wat er nodig is.
inquiry-reply-to = Antwoorden aan
inquiry-country = Land
inquiry-size = Omvang
inquiry-people = { $range } personen
inquiry-people-most = 1.000 personen of meer
inquiry-next = Wilt u antwoorden, schrijf dan naar het antwoordadres of stuur { $account } een uitnodiging. Door de aanvraag zelf ontstaat geen partnerschap.
inquiry-button = Uw aanvragen bekijken

## Administrator roles that end, or are extended

roles-subject-customer-end = Beheerdersrollen van { $account } eindigen { $in }
roles-subject-provider-end = Uw beheerdersrollen bij { $account } eindigen { $in }
roles-subject-customer-extend = Beheerdersrollen van { $account } worden { $in } verlengd
roles-subject-provider-extend = Uw beheerdersrollen bij { $account } worden { $in } verlengd
roles-heading-end = Beheerdersrollen eindigen binnenkort
roles-heading-extend = Beheerdersrollen worden binnenkort verlengd
roles-intro-customer = { $account } heeft deze beheerdersrollen in uw organisatie:
roles-intro-provider = Uw organisatie heeft deze beheerdersrollen bij { $account }:
roles-end = Ze eindigen { $in }, op { $moment }.
roles-extend = Ze worden { $in }, op { $moment }, automatisch met { $extension } dagen verlengd.
roles-next-customer-end = Daarna kan { $account } de rollen niet meer gebruiken; het partnerschap zelf blijft bestaan. Wilt u de rollen behouden, vraag { $account } dan om een nieuwe uitnodiging en accepteer die.
roles-next-provider-end = Wilt u ze behouden, stuur { $account } dan een nieuwe uitnodiging met dezelfde rollen en laat die accepteren. Anders vervallen de rollen; het partnerschap zelf blijft bestaan.
roles-next-customer-extend = Wilt u dat niet, trek de rollen dan vóór die tijd in. Het partnerschap zelf blijft bestaan.
roles-next-provider-extend = U hoeft niets te doen. { $account } kan de rollen op elk moment intrekken.
