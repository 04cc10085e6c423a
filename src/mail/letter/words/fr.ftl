# French. The reader is "vous". No "de" or "que" before an inserted name: they would elide before a vowel.
# The space before a colon or a semicolon is U+00A0.

greeting = Bonjour,
moment =
    { $day ->
        [1] 1er
       *[other] { $day }
    } { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    } { $year } à { $hour } h { $minute } (UTC)
in-days =
    { $days ->
        [0] dans moins d’un jour
        [one] dans { $days } jour
       *[other] dans { $days } jours
    }
fact = { $label } : { $value }
link-lead = { $label } :
link-fallback = Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :
button-partners = Voir vos partenaires
button-partnership = Voir le partenariat
quote-message = { $name } vous écrit :
quote-reason = Motif indiqué :
quote-caveat = Ce texte a été rédigé par l’autre organisation et n’a pas été vérifié. Méfiez-vous des liens et des demandes qu’il pourrait contenir.
footer-invitation = Vous recevez ce message automatique, car votre adresse e-mail a été indiquée dans une invitation envoyée par { $account }.
footer-manager = Vous recevez ce message automatique, car vous gérez les partenaires de votre organisation.

## Types of partnership, by name and as in "would like to work with you ..."

type-collaboration = Collaboration
type-reseller = Revendeur
type-delegated-administrator = Administrateur délégué
type-reseller-and-delegated-administrator = Revendeur et administrateur délégué
type-partner = Partenaire
type-advisor = Conseiller
type-mpsa = Partenaire MPSA
type-oem-pc = Fabricant de PC OEM
type-line-of-business = Développeur d’applications métier
type-other = Partenariat
as-collaboration = en tant que partenaire de collaboration
as-reseller = en tant que revendeur
as-delegated-administrator = en tant qu’administrateur délégué
as-reseller-and-delegated-administrator = en tant que revendeur et administrateur délégué
as-partner = en tant que partenaire
as-advisor = en tant que conseiller
as-mpsa = en tant que partenaire MPSA
as-oem-pc = en tant que fabricant de PC OEM
as-line-of-business = en tant que développeur d’applications métier
as-other = en tant que partenaire

## Administrator roles, and what a partner may do

role-user-admin = Administrateur des utilisateurs
role-license-admin = Administrateur des licences
role-password-admin = Administrateur des mots de passe
role-service-admin = Administrateur des services
role-support-admin = Administrateur du support
can-share = partager des fichiers et des coordonnées
can-see-members = retrouver les membres de l’autre organisation parmi leurs contacts
can-sell = vous vendre des produits et des services
can-manage-subscriptions = gérer vos abonnements
can-work-with-services = travailler avec vos services au moyen d’un compte utilisateur que vous fournissez
can-view-purchases = consulter les achats effectués auprès des autres partenaires MPSA que vous choisissez
can-upload-device-ids = téléverser les identifiants des appareils fabriqués pour vous
can-develop-apps = développer des applications pour vous
can-submit-apps = soumettre des applications pour vous
can-manage-apps = gérer vos applications
can-manage-users = gérer les utilisateurs
can-manage-licenses = gérer les licences
can-reset-passwords = réinitialiser les mots de passe
can-manage-services = gérer les services
can-manage-support-tickets = gérer les demandes d’assistance
can-with-role = { $can } ({ $role })
role-with-can = { $role } : { $can }

## Invitation

invitation-subject = { $account } souhaite travailler avec vous { $as }
invitation-subject-mutual = { $account } vous invite à collaborer
invitation-heading = Une invitation pour votre organisation
invitation-intro = { $inviter } ({ $account }) souhaite travailler avec votre organisation { $as }.
invitation-intro-account = { $account } souhaite travailler avec votre organisation { $as }.
invitation-intro-mutual = { $inviter } ({ $account }) invite votre organisation à collaborer.
invitation-intro-account-mutual = { $account } invite votre organisation à collaborer.
invitation-permits = Si vous acceptez, { $account } pourra :
invitation-permits-mutual = Si vous acceptez, les deux organisations pourront :
invitation-know = Bon à savoir :
invitation-roles-days =
    { $days ->
        [one] Les rôles d’administrateur prennent fin { $days } jour après votre acceptation.
       *[other] Les rôles d’administrateur prennent fin { $days } jours après votre acceptation.
    } Vous pouvez les retirer plus tôt, à tout moment.
invitation-roles-extend =
    { $days ->
        [one] Les rôles d’administrateur sont accordés pour { $days } jour,
       *[other] Les rôles d’administrateur sont accordés pour { $days } jours,
    } puis prolongés automatiquement de { $extension } jours à chaque échéance. Vous pouvez les retirer à tout moment.
invitation-roles-endless = Les rôles d’administrateur n’ont pas de date de fin. Vous pouvez les retirer à tout moment.
invitation-agreement = Si un contrat client est en vigueur, il vous sera demandé de l’approuver lorsque vous accepterez l’invitation.
invitation-ends-either = Chacune des deux organisations peut mettre fin au partenariat à tout moment.
invitation-ends-provider = Une fois l’invitation acceptée, seule l’organisation { $account } peut mettre fin au partenariat.
invitation-decides = Toute personne qui gère les partenaires dans votre organisation peut accepter ou refuser l’invitation.
invitation-expires = L’invitation est valable jusqu’au { $moment }.
invitation-button = Voir l’invitation
invitation-safety = Rien n’est partagé et personne n’obtient d’accès tant que l’invitation n’est pas acceptée. Si vous ne connaissez pas { $account } ou si vous n’attendiez pas cette invitation, vous pouvez ignorer ce message. Nous ne demandons jamais de mot de passe par e-mail.

## Rejection

rejection-subject = Votre invitation adressée à { $email } a été refusée
rejection-heading = Invitation refusée
rejection-intro = Votre invitation adressée à { $email } ({ $type }) a été refusée.
rejection-next = Vous pourrez inviter de nouveau cette personne lorsque les deux organisations auront supprimé l’invitation refusée de leurs listes.

## Acceptance

acceptance-subject = { $account } a accepté votre invitation
acceptance-heading = Invitation acceptée
acceptance-intro = { $account } a accepté l’invitation que vous avez adressée à { $email } ({ $type }). Le partenariat est désormais en vigueur.
acceptance-members = Les membres de chaque organisation apparaissent maintenant parmi les contacts de l’autre, et vous pouvez partager des fichiers.
acceptance-work = Vous pouvez maintenant travailler pour { $account } dans le cadre prévu par l’invitation.

## Ending

ending-subject = Votre partenariat avec { $account } a pris fin
ending-heading = Fin du partenariat
ending-intro = Votre partenariat avec { $account } ({ $type }) a pris fin.
ending-permits = Les autorisations qui y étaient liées ne sont plus valables.
ending-members = Les contacts partagés par { $account } ne sont plus mis à jour. Les éléments déjà partagés restent accessibles aux personnes qui en disposent, jusqu’à ce que leur propriétaire cesse de les partager.
ending-again = Pour travailler de nouveau ensemble, une nouvelle invitation est nécessaire.

## Inquiry

inquiry-subject = { $account } recherche un prestataire
inquiry-heading = Une nouvelle demande
inquiry-intro = { $sender } ({ $account }) a trouvé votre organisation dans l’annuaire des prestataires et décrit ses besoins.
inquiry-intro-account = { $account } a trouvé votre organisation dans l’annuaire des prestataires et décrit ses besoins.
inquiry-reply-to = Répondre à
inquiry-country = Pays
inquiry-size = Taille
inquiry-people = { $range } personnes
inquiry-people-most = 1 000 personnes ou plus
inquiry-next = Pour répondre, écrivez à l’adresse de réponse ou envoyez une invitation à { $account }. La demande ne crée à elle seule aucun partenariat.
inquiry-button = Voir vos demandes

## Administrator roles that end, or are extended

roles-subject-customer-end = Les rôles d’administrateur confiés à { $account } prennent fin { $in }
roles-subject-provider-end = Vos rôles d’administrateur chez { $account } prennent fin { $in }
roles-subject-customer-extend = Les rôles d’administrateur confiés à { $account } seront prolongés { $in }
roles-subject-provider-extend = Vos rôles d’administrateur chez { $account } seront prolongés { $in }
roles-heading-end = Les rôles d’administrateur prennent bientôt fin
roles-heading-extend = Les rôles d’administrateur seront bientôt prolongés
roles-intro-customer = { $account } détient les rôles d’administrateur suivants dans votre organisation :
roles-intro-provider = Votre organisation détient les rôles d’administrateur suivants chez { $account } :
roles-end = Ils prennent fin { $in }, le { $moment }.
roles-extend = Ils seront prolongés automatiquement { $in }, le { $moment }, pour une durée de { $extension } jours.
roles-next-customer-end = Ensuite, { $account } ne pourra plus les exercer ; le partenariat, lui, se poursuivra. Si vous souhaitez maintenir ces rôles, demandez une nouvelle invitation à { $account } et acceptez-la.
roles-next-provider-end = Pour les conserver, envoyez à { $account } une nouvelle invitation demandant les mêmes rôles, qui devra être acceptée. À défaut, les rôles expireront ; le partenariat, lui, se poursuivra.
roles-next-customer-extend = Si vous ne le souhaitez pas, retirez les rôles avant cette date. Le partenariat, lui, se poursuivra.
roles-next-provider-extend = Vous n’avez rien à faire. { $account } peut retirer les rôles à tout moment.
