# English. Every message stands in all five files, with the same variables: a test compares them.
# What is inserted is somebody's name: no word may depend on its gender, its first letter or its last.

greeting = Hello,
moment =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year } at { $hour }:{ $minute } UTC
in-days =
    { $days ->
        [0] in less than a day
        [one] in { $days } day
       *[other] in { $days } days
    }
fact = { $label }: { $value }
link-lead = { $label }:
link-fallback = If the button does not work, copy this address into your browser:
button-partners = View your partners
button-partnership = View the partnership
quote-message = { $name } writes:
quote-reason = The reason given:
quote-caveat = This text was written by the other organisation and has not been checked. Be careful with any links or requests in it.
footer-invitation = You receive this automatic message because { $account } entered your e-mail address in an invitation.
footer-manager = You receive this automatic message because you manage partners for your organisation.

## Types of partnership, by name and as in "would like to work with you ..."

type-collaboration = Collaboration
type-reseller = Reseller
type-delegated-administrator = Delegated administrator
type-reseller-and-delegated-administrator = Reseller and delegated administrator
type-partner = Partner
type-advisor = Advisor
type-mpsa = MPSA partner
type-oem-pc = OEM PC manufacturer
type-line-of-business = Line-of-business app developer
type-other = Partnership
as-collaboration = as a collaboration partner
as-reseller = as your reseller
as-delegated-administrator = as your delegated administrator
as-reseller-and-delegated-administrator = as your reseller and delegated administrator
as-partner = as your partner
as-advisor = as your advisor
as-mpsa = as your MPSA partner
as-oem-pc = as your OEM PC manufacturer
as-line-of-business = as the developer of your line-of-business apps
as-other = as a partner

## Administrator roles, and what a partner may do

role-user-admin = User administrator
role-license-admin = Licence administrator
role-password-admin = Password administrator
role-service-admin = Service administrator
role-support-admin = Support administrator
can-share = share files and contact details with each other
can-see-members = find each other’s members among their contacts
can-sell = sell you products and services
can-manage-subscriptions = manage your subscriptions
can-work-with-services = work with your services through a user account that you provide
can-view-purchases = see purchases made through those other MPSA partners that you choose
can-upload-device-ids = upload the IDs of devices built for you
can-develop-apps = develop apps for you
can-submit-apps = submit apps for you
can-manage-apps = manage your apps
can-manage-users = manage users
can-manage-licenses = manage licences
can-reset-passwords = reset passwords
can-manage-services = manage services
can-manage-support-tickets = manage support tickets
can-with-role = { $can } ({ $role })
role-with-can = { $role }: { $can }

## Invitation

invitation-subject = { $account } would like to work with you { $as }
invitation-subject-mutual = { $account } invites you to collaborate
invitation-heading = An invitation for your organisation
invitation-intro = { $inviter } of { $account } would like to work with your organisation { $as }.
invitation-intro-account = { $account } would like to work with your organisation { $as }.
invitation-intro-mutual = { $inviter } of { $account } invites your organisation to collaborate.
invitation-intro-account-mutual = { $account } invites your organisation to collaborate.
invitation-permits = If you accept, { $account } will be able to:
invitation-permits-mutual = If you accept, both organisations will be able to:
invitation-know = Good to know:
invitation-roles-days =
    { $days ->
        [one] The administrator roles end { $days } day after you accept.
       *[other] The administrator roles end { $days } days after you accept.
    } You can remove them earlier, at any time.
invitation-roles-extend =
    { $days ->
        [one] The administrator roles are given for { $days } day,
       *[other] The administrator roles are given for { $days } days,
    } then extended automatically by { $extension } days at a time. You can remove them at any time.
invitation-roles-endless = The administrator roles have no end date. You can remove them at any time.
invitation-agreement = If a customer agreement is in force, you will be asked to agree to it when you accept.
invitation-ends-either = Either organisation can end the partnership at any time.
invitation-ends-provider = Once you have accepted, only { $account } can end the partnership.
invitation-decides = Anyone who manages partners in your organisation can accept or decline the invitation.
invitation-expires = The invitation is valid until { $moment }.
invitation-button = View the invitation
invitation-safety = Nothing is shared and nobody gets access until the invitation is accepted. If you do not know { $account } or did not expect this invitation, you can ignore this message. We never ask for passwords by e-mail.

## Rejection

rejection-subject = Your invitation to { $email } was declined
rejection-heading = Invitation declined
rejection-intro = Your invitation to { $email } ({ $type }) was declined.
rejection-next = You can invite this person again once both organisations have deleted the declined invitation from their lists.

## Acceptance

acceptance-subject = { $account } accepted your invitation
acceptance-heading = Invitation accepted
acceptance-intro = { $account } accepted the invitation that you sent to { $email } ({ $type }). The partnership is now in force.
acceptance-members = The members of both organisations now appear among each other’s contacts, and you can share files with each other.
acceptance-work = You can now work for { $account } within the scope of the invitation.

## Ending

ending-subject = Your partnership with { $account } has ended
ending-heading = Partnership ended
ending-intro = Your partnership with { $account } ({ $type }) has ended.
ending-permits = The permissions that came with it no longer apply.
ending-members = Contacts from { $account } are no longer updated. Items that were shared stay with the people who have them until their owner stops sharing.
ending-again = Working together again takes a new invitation.

## Inquiry

inquiry-subject = { $account } is looking for a provider
inquiry-heading = A new inquiry
inquiry-intro = { $sender } of { $account } found your organisation in the provider directory and describes what is needed.
inquiry-intro-account = { $account } found your organisation in the provider directory and describes what is needed.
inquiry-reply-to = Reply to
inquiry-country = Country
inquiry-size = Size
inquiry-people = { $range } people
inquiry-people-most = 1,000 people or more
inquiry-next = To answer, write to the reply address or send { $account } an invitation. The inquiry by itself does not create a partnership.
inquiry-button = View your inquiries

## Administrator roles that end, or are extended

roles-subject-customer-end = Administrator roles of { $account } end { $in }
roles-subject-provider-end = Your administrator roles at { $account } end { $in }
roles-subject-customer-extend = Administrator roles of { $account } will be extended { $in }
roles-subject-provider-extend = Your administrator roles at { $account } will be extended { $in }
roles-heading-end = Administrator roles end soon
roles-heading-extend = Administrator roles will be extended soon
roles-intro-customer = { $account } holds these administrator roles in your organisation:
roles-intro-provider = Your organisation holds these administrator roles at { $account }:
roles-end = They end { $in }, on { $moment }.
roles-extend = They will be extended automatically { $in }, on { $moment }, by { $extension } days.
roles-next-customer-end = After that, { $account } can no longer use them; the partnership itself continues. If you would like to keep the roles in place, ask { $account } for a new invitation and accept it.
roles-next-provider-end = To keep them, send { $account } a new invitation that asks for the same roles and have it accepted. Otherwise the roles lapse; the partnership itself continues.
roles-next-customer-extend = If you do not want this, remove the roles before then. The partnership itself continues.
roles-next-provider-extend = You do not need to do anything. { $account } can remove the roles at any time.
