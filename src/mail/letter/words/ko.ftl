# Korean, in the formal polite style. No particle that depends on a final consonant follows an inserted name: a noun of
# ours (측, 님) or a particle with one form (에서, 의) does.

greeting = 안녕하십니까?
moment = { $year }년 { $month }월 { $day }일 { $hour }:{ $minute }(UTC)
in-days =
    { $days ->
        [0] 24시간 이내에
       *[other] { $days }일 후에
    }
fact = { $label }: { $value }
link-lead = { $label }:
link-fallback = 버튼이 작동하지 않으면 이 주소를 복사하여 브라우저에 붙여 넣으십시오.
button-partners = 파트너 보기
button-partnership = 파트너십 보기
quote-message = 보낸 사람({ $name })의 메시지:
quote-reason = 거절 사유:
quote-caveat = 이 글은 상대 조직에서 작성한 것으로, 내용이 확인되지 않았습니다. 포함된 링크나 요청에 주의하시기 바랍니다.
footer-invitation = 이 메일은 { $account }에서 초대를 보내면서 귀하의 이메일 주소를 입력하여 자동으로 발송되었습니다.
footer-manager = 이 메일은 귀하가 조직의 파트너를 관리하고 있어 자동으로 발송되었습니다.

## Types of partnership, by name and as in "would like to work with you ..."

type-collaboration = 협업
type-reseller = 리셀러
type-delegated-administrator = 위임된 관리자
type-reseller-and-delegated-administrator = 리셀러 겸 위임된 관리자
type-partner = 파트너
type-advisor = 자문사
type-mpsa = MPSA 파트너
type-oem-pc = OEM PC 제조업체
type-line-of-business = 업무용 앱 개발사
type-other = 파트너십
as-collaboration = 협업 파트너로서
as-reseller = 리셀러로서
as-delegated-administrator = 위임된 관리자로서
as-reseller-and-delegated-administrator = 리셀러 겸 위임된 관리자로서
as-partner = 파트너로서
as-advisor = 자문사로서
as-mpsa = MPSA 파트너로서
as-oem-pc = OEM PC 제조업체로서
as-line-of-business = 업무용 앱 개발사로서
as-other = 파트너로서

## Administrator roles, and what a partner may do

role-user-admin = 사용자 관리자
role-license-admin = 라이선스 관리자
role-password-admin = 암호 관리자
role-service-admin = 서비스 관리자
role-support-admin = 지원 관리자
can-share = 파일과 연락처 정보를 서로 공유
can-see-members = 상대 조직의 구성원을 연락처에서 확인
can-sell = 제품 및 서비스 판매
can-manage-subscriptions = 구독 관리
can-work-with-services = 귀 조직에서 제공하는 사용자 계정으로 서비스 작업 수행
can-view-purchases = 귀 조직에서 선택한 다른 MPSA 파트너를 통한 구매 내역 조회
can-upload-device-ids = 귀 조직을 위해 제작한 장치의 ID 업로드
can-develop-apps = 귀 조직을 위한 앱 개발
can-submit-apps = 귀 조직을 위한 앱 제출
can-manage-apps = 귀 조직의 앱 관리
can-manage-users = 사용자 관리
can-manage-licenses = 라이선스 관리
can-reset-passwords = 암호 재설정
can-manage-services = 서비스 관리
can-manage-support-tickets = 지원 요청 관리
can-with-role = { $can }({ $role } 역할)
role-with-can = { $role }: { $can }

## Invitation

invitation-subject = { $account }에서 { $as } 함께 일하기를 희망합니다
invitation-subject-mutual = { $account }에서 협업 초대를 보냈습니다
invitation-heading = 귀 조직에 초대가 도착했습니다
invitation-intro = { $account }의 { $inviter } 님이 { $as } 귀 조직과 함께 일하기를 희망합니다.
invitation-intro-account = { $account }에서 { $as } 귀 조직과 함께 일하기를 희망합니다.
invitation-intro-mutual = { $account }의 { $inviter } 님이 귀 조직을 협업에 초대했습니다.
invitation-intro-account-mutual = { $account }에서 귀 조직을 협업에 초대했습니다.
invitation-permits = 초대를 수락하면 { $account }에서 다음 작업을 할 수 있습니다.
invitation-permits-mutual = 초대를 수락하면 두 조직이 다음 작업을 할 수 있습니다.
invitation-know = 참고 사항:
invitation-roles-days = 관리자 역할은 초대를 수락하고 { $days }일 후에 종료됩니다. 그 전에도 언제든지 역할을 제거할 수 있습니다.
invitation-roles-extend = 관리자 역할은 { $days }일 동안 부여되며, 이후 { $extension }일씩 자동으로 연장됩니다. 언제든지 역할을 제거할 수 있습니다.
invitation-roles-endless = 관리자 역할에는 종료일이 없습니다. 언제든지 역할을 제거할 수 있습니다.
invitation-agreement = 시행 중인 고객 계약이 있는 경우, 초대를 수락할 때 해당 계약에 동의해야 합니다.
invitation-ends-either = 두 조직 모두 언제든지 파트너십을 종료할 수 있습니다.
invitation-ends-provider = 수락한 후에는 { $account } 측에서만 파트너십을 종료할 수 있습니다.
invitation-decides = 귀 조직에서 파트너를 관리하는 사용자는 누구나 초대를 수락하거나 거절할 수 있습니다.
invitation-expires = 이 초대는 { $moment }까지 유효합니다.
invitation-button = 초대 보기
invitation-safety = 초대를 수락하기 전에는 아무것도 공유되지 않으며 누구에게도 액세스 권한이 부여되지 않습니다. { $account } 측을 모르거나 예상하지 못한 초대라면 이 메일을 무시하셔도 됩니다. 저희는 이메일로 암호를 요청하지 않습니다.

## Rejection

rejection-subject = { $email } 님에게 보낸 초대가 거절되었습니다
rejection-heading = 초대가 거절되었습니다
rejection-intro = { $email } 님에게 보낸 초대({ $type })가 거절되었습니다.
rejection-next = 두 조직이 모두 거절된 초대를 목록에서 삭제하면 같은 사람을 다시 초대할 수 있습니다.

## Acceptance

acceptance-subject = { $account }에서 초대를 수락했습니다
acceptance-heading = 초대가 수락되었습니다
acceptance-intro = { $email } 님에게 보낸 초대({ $type })를 { $account }에서 수락했습니다. 이제 파트너십이 적용됩니다.
acceptance-members = 이제 두 조직의 구성원이 서로의 연락처에 표시되며, 파일을 서로 공유할 수 있습니다.
acceptance-work = 이제 초대에 명시된 범위 안에서 { $account } 측의 업무를 수행할 수 있습니다.

## Ending

ending-subject = { $account } 측과의 파트너십이 종료되었습니다
ending-heading = 파트너십이 종료되었습니다
ending-intro = { $account } 측과의 파트너십({ $type })이 종료되었습니다.
ending-permits = 이 파트너십으로 부여된 권한은 더 이상 유효하지 않습니다.
ending-members = { $account }에서 온 연락처는 더 이상 업데이트되지 않습니다. 이미 공유된 항목은 소유자가 공유를 중지할 때까지 기존 사용자에게 그대로 유지됩니다.
ending-again = 다시 함께 일하려면 새 초대가 필요합니다.

## Inquiry

inquiry-subject = { $account }에서 서비스 공급자를 찾고 있습니다
inquiry-heading = 새 문의가 도착했습니다
inquiry-intro = { $account }의 { $sender } 님이 공급자 디렉터리에서 귀 조직을 찾아 필요한 사항을 문의했습니다.
inquiry-intro-account = { $account }에서 공급자 디렉터리를 통해 귀 조직에 필요한 사항을 문의했습니다.
inquiry-reply-to = 회신 주소
inquiry-country = 국가
inquiry-size = 규모
inquiry-people = { $range }명
inquiry-people-most = 1,000명 이상
inquiry-next = 회신 주소로 메일을 보내거나 { $account } 측에 초대를 보내 답변할 수 있습니다. 문의만으로는 파트너십이 성립되지 않습니다.
inquiry-button = 문의 보기

## Administrator roles that end, or are extended

roles-subject-customer-end = { $account } 측의 관리자 역할이 { $in } 종료됩니다
roles-subject-provider-end = { $account }에 대한 관리자 역할이 { $in } 종료됩니다
roles-subject-customer-extend = { $account } 측의 관리자 역할이 { $in } 연장됩니다
roles-subject-provider-extend = { $account }에 대한 관리자 역할이 { $in } 연장됩니다
roles-heading-end = 관리자 역할이 곧 종료됩니다
roles-heading-extend = 관리자 역할이 곧 연장됩니다
roles-intro-customer = { $account } 측은 귀 조직에서 다음 관리자 역할을 보유하고 있습니다.
roles-intro-provider = 귀 조직은 { $account }에 대해 다음 관리자 역할을 보유하고 있습니다.
roles-end = 이 역할은 { $in }, { $moment }에 종료됩니다.
roles-extend = 이 역할은 { $in }, { $moment }에 { $extension }일 자동 연장됩니다.
roles-next-customer-end = 그 후에는 { $account } 측에서 이 역할을 사용할 수 없지만 파트너십은 유지됩니다. 역할을 계속 유지하려면 { $account } 측에 새 초대를 요청하여 수락하십시오.
roles-next-provider-end = 역할을 계속 유지하려면 같은 역할을 요청하는 새 초대를 { $account } 측에 보내 수락을 받으십시오. 그렇지 않으면 역할은 만료되지만 파트너십은 유지됩니다.
roles-next-customer-extend = 연장을 원하지 않으면 그 전에 역할을 제거하십시오. 파트너십은 유지됩니다.
roles-next-provider-extend = 별도의 조치는 필요하지 않습니다. { $account } 측에서 언제든지 역할을 제거할 수 있습니다.
