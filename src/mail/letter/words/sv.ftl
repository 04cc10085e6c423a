# Swedish. The reader is "du", also where an organisation is meant.

greeting = Hej!
moment =
    { $day } { $month ->
        [1] januari
        [2] februari
        [3] mars
        [4] april
        [5] maj
        [6] juni
        [7] juli
        [8] augusti
        [9] september
        [10] oktober
        [11] november
       *[12] december
    } { $year } kl. { $hour }.{ $minute } (UTC)
in-days =
    { $days ->
        [0] inom ett dygn
        [one] om { $days } dag
       *[other] om { $days } dagar
    }
fact = { $label }: { $value }
link-lead = { $label }:
link-fallback = Om knappen inte fungerar kan du kopiera den här adressen till webbläsaren:
button-partners = Visa dina partner
button-partnership = Visa partnerskapet
quote-message = { $name } skriver:
quote-reason = Angiven anledning:
quote-caveat = Texten är skriven av den andra organisationen och har inte granskats. Var försiktig med länkar och uppmaningar i den.
footer-invitation = Du får det här automatiska meddelandet eftersom { $account } har angett din e-postadress i en inbjudan.
footer-manager = Du får det här automatiska meddelandet eftersom du hanterar partner i din organisation.

## Types of partnership, by name and as in "would like to work with you ..."

type-collaboration = Samarbete
type-reseller = Återförsäljare
type-delegated-administrator = Delegerad administratör
type-reseller-and-delegated-administrator = Återförsäljare och delegerad administratör
type-partner = Partner
type-advisor = Rådgivare
type-mpsa = MPSA-partner
type-oem-pc = OEM-datortillverkare
type-line-of-business = Utvecklare av verksamhetsappar
type-other = Partnerskap
as-collaboration = som samarbetspartner
as-reseller = som din återförsäljare
as-delegated-administrator = som din delegerade administratör
as-reseller-and-delegated-administrator = som din återförsäljare och delegerade administratör
as-partner = som din partner
as-advisor = som din rådgivare
as-mpsa = som din MPSA-partner
as-oem-pc = som din OEM-datortillverkare
as-line-of-business = som utvecklare av dina verksamhetsappar
as-other = som partner

## Administrator roles, and what a partner may do

role-user-admin = Användaradministratör
role-license-admin = Licensadministratör
role-password-admin = Lösenordsadministratör
role-service-admin = Tjänstadministratör
role-support-admin = Supportadministratör
can-share = dela filer och kontaktuppgifter med varandra
can-see-members = se varandras medlemmar bland sina kontakter
can-sell = sälja produkter och tjänster till din organisation
can-manage-subscriptions = hantera din organisations prenumerationer
can-work-with-services = arbeta med din organisations tjänster via ett användarkonto som du tillhandahåller
can-view-purchases = se inköp som har gjorts genom de andra MPSA-partner som du väljer
can-upload-device-ids = ladda upp ID:n för enheter som har tillverkats åt din organisation
can-develop-apps = utveckla appar åt din organisation
can-submit-apps = skicka in appar åt din organisation
can-manage-apps = hantera din organisations appar
can-manage-users = hantera användare
can-manage-licenses = hantera licenser
can-reset-passwords = återställa lösenord
can-manage-services = hantera tjänster
can-manage-support-tickets = hantera supportärenden
can-with-role = { $can } ({ $role })
role-with-can = { $role }: { $can }

## Invitation

invitation-subject = { $account } vill arbeta med dig { $as }
invitation-subject-mutual = { $account } bjuder in dig till samarbete
invitation-heading = En inbjudan till din organisation
invitation-intro = { $inviter } på { $account } vill arbeta med din organisation { $as }.
invitation-intro-account = { $account } vill arbeta med din organisation { $as }.
invitation-intro-mutual = { $inviter } på { $account } bjuder in din organisation till samarbete.
invitation-intro-account-mutual = { $account } bjuder in din organisation till samarbete.
invitation-permits = Om du accepterar kan { $account }:
invitation-permits-mutual = Om du accepterar kan båda organisationerna:
invitation-know = Bra att veta:
invitation-roles-days =
    { $days ->
        [one] Administratörsrollerna upphör { $days } dag efter att du har accepterat.
       *[other] Administratörsrollerna upphör { $days } dagar efter att du har accepterat.
    } Du kan ta bort dem tidigare, när som helst.
invitation-roles-extend =
    { $days ->
        [one] Administratörsrollerna gäller i { $days } dag
       *[other] Administratörsrollerna gäller i { $days } dagar
    } och förlängs sedan automatiskt med { $extension } dagar i taget. Du kan ta bort dem när som helst.
invitation-roles-endless = Administratörsrollerna har inget slutdatum. Du kan ta bort dem när som helst.
invitation-agreement = Om det finns ett gällande kundavtal behöver du godkänna det när du accepterar inbjudan.
invitation-ends-either = Båda organisationerna kan avsluta partnerskapet när som helst.
invitation-ends-provider = När du har accepterat kan bara { $account } avsluta partnerskapet.
invitation-decides = Alla som hanterar partner i din organisation kan acceptera eller avböja inbjudan.
invitation-expires = Inbjudan gäller till den { $moment }.
invitation-button = Visa inbjudan
invitation-safety = Inget delas och ingen får åtkomst förrän inbjudan har accepterats. Om du inte känner till { $account } eller inte väntade dig inbjudan kan du bortse från det här meddelandet. Vi ber aldrig om lösenord via e-post.

## Rejection

rejection-subject = Din inbjudan till { $email } har avböjts
rejection-heading = Inbjudan har avböjts
rejection-intro = Din inbjudan till { $email } ({ $type }) har avböjts.
rejection-next = Du kan bjuda in samma person igen när båda organisationerna har tagit bort den avböjda inbjudan från sina listor.

## Acceptance

acceptance-subject = { $account } har accepterat din inbjudan
acceptance-heading = Inbjudan har accepterats
acceptance-intro = { $account } har accepterat inbjudan som du skickade till { $email } ({ $type }). Partnerskapet gäller från och med nu.
acceptance-members = Båda organisationernas medlemmar finns nu bland varandras kontakter, och ni kan dela filer med varandra.
acceptance-work = Du kan nu arbeta för { $account } inom ramen för inbjudan.

## Ending

ending-subject = Ditt partnerskap med { $account } har upphört
ending-heading = Partnerskapet har upphört
ending-intro = Ditt partnerskap med { $account } ({ $type }) har upphört.
ending-permits = De behörigheter som partnerskapet gav gäller inte längre.
ending-members = Kontakter från { $account } uppdateras inte längre. Det som redan har delats finns kvar hos dem som har fått det tills ägaren slutar dela.
ending-again = För att arbeta tillsammans igen krävs en ny inbjudan.

## Inquiry

inquiry-subject = { $account } söker en leverantör
inquiry-heading = En ny förfrågan
inquiry-intro = { $sender } på { $account } har hittat din organisation i leverantörskatalogen och beskriver vad som behövs.
inquiry-intro-account = { $account } har hittat din organisation i leverantörskatalogen och beskriver vad som behövs.
inquiry-reply-to = Svara till
inquiry-country = Land
inquiry-size = Storlek
inquiry-people = { $range } personer
inquiry-people-most = 1 000 personer eller fler
inquiry-next = Svara genom att skriva till svarsadressen eller skicka en inbjudan till { $account }. Förfrågan i sig leder inte till något partnerskap.
inquiry-button = Visa dina förfrågningar

## Administrator roles that end, or are extended

roles-subject-customer-end = Administratörsroller för { $account } upphör { $in }
roles-subject-provider-end = Dina administratörsroller hos { $account } upphör { $in }
roles-subject-customer-extend = Administratörsroller för { $account } förlängs { $in }
roles-subject-provider-extend = Dina administratörsroller hos { $account } förlängs { $in }
roles-heading-end = Administratörsroller upphör snart
roles-heading-extend = Administratörsroller förlängs snart
roles-intro-customer = { $account } har de här administratörsrollerna i din organisation:
roles-intro-provider = Din organisation har de här administratörsrollerna hos { $account }:
roles-end = De upphör { $in }, den { $moment }.
roles-extend = De förlängs automatiskt { $in }, den { $moment }, med { $extension } dagar.
roles-next-customer-end = Därefter kan { $account } inte längre använda rollerna, men partnerskapet fortsätter. Om du vill att rollerna ska finnas kvar kan du be { $account } om en ny inbjudan och acceptera den.
roles-next-provider-end = Om du vill behålla dem skickar du en ny inbjudan med samma roller till { $account } och får den accepterad. Annars upphör rollerna, men partnerskapet fortsätter.
roles-next-customer-extend = Om du inte vill det tar du bort rollerna innan dess. Partnerskapet fortsätter ändå.
roles-next-provider-extend = Du behöver inte göra något. { $account } kan ta bort rollerna när som helst.
