//! Calls of the directory of providers.

use super::database::{TestEngine, engine};
use super::world::Organization;
use partner_service::grpc::pb;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tonic::{Response, Status};

/// A listed profile of this name.
pub fn listed(name: &str) -> pb::ProviderProfile {
    pb::ProviderProfile {
        display_name: name.to_owned(),
        listed: Some(true),
        ..pb::ProviderProfile::default()
    }
}

/// These texts, owned.
pub fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

impl Organization {
    /// UpdateProviderProfile as the administrator, without a mask.
    pub async fn profiles(
        &self,
        profile: pb::ProviderProfile,
    ) -> Result<pb::UpdateProviderProfileResponse, Status> {
        self.profiles_masked(profile, None).await
    }

    /// The same with a mask; `None` is no mask.
    pub async fn profiles_masked(
        &self,
        profile: pb::ProviderProfile,
        paths: Option<&[&str]>,
    ) -> Result<pb::UpdateProviderProfileResponse, Status> {
        let request = pb::UpdateProviderProfileRequest {
            account_id: self.id.clone(),
            provider_profile: Some(profile),
            update_mask: paths.and_then(super::directory::mask),
            ..Default::default()
        };
        Ok(self.by.clone().providers.update_provider_profile(request).await?.into_inner())
    }

    /// A listed profile of this name.
    pub async fn publishes(&self, name: &str) -> pb::ProviderProfile {
        let answer = self.profiles(listed(name)).await.expect("the profile is published");
        answer.provider_profile.expect("a profile in the answer")
    }

    /// No longer listed.
    pub async fn unlists(&self) {
        let unlisted = pb::ProviderProfile { listed: Some(false), ..Default::default() };
        self.profiles(unlisted).await.expect("the profile is unlisted");
    }

    /// GetProviderProfile of another account; empty = its own.
    pub async fn reads_profile(&self, provider: &str) -> Result<pb::ProviderProfile, Status> {
        let request = pb::GetProviderProfileRequest {
            account_id: self.id.clone(),
            provider_account_id: provider.to_owned(),
            ..Default::default()
        };
        let answer = self.by.clone().providers.get_provider_profile(request).await?;
        Ok(answer.into_inner().provider_profile.expect("a profile in the answer"))
    }

    /// A SearchProviders request with these keywords.
    pub fn looking_for(&self, keywords: &str) -> pb::SearchProvidersRequest {
        pb::SearchProvidersRequest {
            account_id: self.id.clone(),
            keywords: keywords.to_owned(),
            ..Default::default()
        }
    }

    /// One page of SearchProviders.
    pub async fn search(
        &self,
        request: pb::SearchProvidersRequest,
    ) -> Result<Response<pb::SearchProvidersResponse>, Status> {
        self.by.clone().providers.search_providers(request).await
    }

    /// The names that a search finds, in order, page by page.
    pub async fn finds_by(&self, request: pb::SearchProvidersRequest) -> Vec<String> {
        let (mut names, mut page) = (Vec::new(), request);
        loop {
            let answer = self.search(page.clone()).await.expect("a page").into_inner();
            names.extend(answer.provider_profiles.into_iter().map(|one| one.display_name));
            if answer.next_page_token.is_empty() {
                return names;
            }
            page.page_token = answer.next_page_token;
        }
    }

    /// The names that these keywords find, in order.
    pub async fn finds(&self, keywords: &str) -> Vec<String> {
        self.finds_by(self.looking_for(keywords)).await
    }

    /// A ContactProviders request to these.
    pub fn form(&self, providers: &[&Organization]) -> pb::ContactProvidersRequest {
        pb::ContactProvidersRequest {
            account_id: self.id.clone(),
            provider_account_ids: providers.iter().map(|one| one.id.clone()).collect(),
            needs: "Somebody who moves our mail.\nSoon.".to_owned(),
            reply_to_email: self.address("Buying"),
            ..Default::default()
        }
    }

    /// ContactProviders.
    pub async fn sends(
        &self,
        form: pb::ContactProvidersRequest,
    ) -> Result<pb::ContactProvidersResponse, Status> {
        Ok(self.by.clone().providers.contact_providers(form).await?.into_inner())
    }

    /// ContactProviders to these.
    pub async fn asks(
        &self,
        providers: &[&Organization],
    ) -> Result<pb::ContactProvidersResponse, Status> {
        self.sends(self.form(providers)).await
    }

    /// A ListInquiries request.
    pub fn inquiries_request(&self, direction: pb::InquiryDirection) -> pb::ListInquiriesRequest {
        pb::ListInquiriesRequest {
            account_id: self.id.clone(),
            direction: direction.into(),
            ..Default::default()
        }
    }

    /// The inquiries of a direction, on one page.
    pub async fn inquiries(&self, direction: pb::InquiryDirection) -> Vec<pb::Inquiry> {
        let request = self.inquiries_request(direction);
        let answer = self.by.clone().providers.list_inquiries(request).await.expect("the list");
        answer.into_inner().inquiries
    }
}

/// As many published providers, written straight into the tables: all are called `Provider <number>`; of their words
/// `service<n>` is one in forty's, `rare<n>` one in a thousand's, `late` that of all above 8,000, and `tail` a service of
/// theirs; every tenth serves SE.
pub async fn seed(db: &DatabaseConnection, count: u32) {
    let (id, words) = match engine() {
        TestEngine::Postgres => ("gen_random_uuid()", "array_to_tsvector(string_to_array(w, ' '))"),
        TestEngine::Sqlite => ("randomblob(16)", "w"),
    };
    let number = match engine() {
        TestEngine::Postgres => "lpad(CAST(n AS text), 6, '0')",
        TestEngine::Sqlite => "printf('%06d', n)",
    };
    let numbers = format!(
        "WITH RECURSIVE p(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM p WHERE n < {count})"
    );
    let texts = "SELECT -created_position AS n, account_id, 'provider ' || number AS name, \
         'provider n_provider ' || number || ' n_' || number || ' service' || (-created_position % 40) \
         || ' v_service' || (-created_position % 40) || ' rare' || (-created_position % 1000) \
         || ' text' || (-created_position % 7) || CASE WHEN created_position < -8000 THEN ' late tail v_tail' ELSE '' END \
         || CASE WHEN created_position % 10 = 0 THEN ' c_se' ELSE ' c_no' END || ' t_city_' || (-created_position % 10) AS w \
         FROM (SELECT created_position, account_id, substr(display_name, 10) AS number FROM provider_profile \
         WHERE created_position < 0) AS seeded";
    let mut statements = vec![
        format!(
            "{numbers} INSERT INTO account SELECT {id}, -n, 'Provider ' || {number}, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', 0, 1, 1 FROM p"
        ),
        "INSERT INTO provider_profile SELECT id, created_position, display_name, '', '[]', '[]', '[]', '[]', '', true, 1, 0 \
         FROM account WHERE created_position < 0"
            .to_owned(),
        "INSERT INTO provider_word VALUES ('provider')".to_owned(),
        "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 39) INSERT INTO provider_word SELECT 'service' || n FROM s"
            .to_owned(),
    ];
    match engine() {
        TestEngine::Postgres => statements.push(format!(
            "INSERT INTO provider_index SELECT 1000000 + n, account_id, name, {words} FROM ({texts}) AS t"
        )),
        TestEngine::Sqlite => statements.extend([
            format!(
                "INSERT INTO provider_index SELECT 1000000 + n, account_id, name, ' ' || {words} || ' ' FROM ({texts}) AS t"
            ),
            format!("INSERT INTO provider_words (rowid, words) SELECT 1000000 + n, {words} FROM ({texts}) AS t"),
        ]),
    }
    let (places, word) = match engine() {
        TestEngine::Postgres => ("string_to_table(w, ' ') AS own", "own"),
        TestEngine::Sqlite => {
            (r#"json_each('["' || replace(w, ' ', '","') || '"]') AS own"#, "own.value")
        }
    };
    statements.push(format!(
        "INSERT INTO provider_posting SELECT {word}, name, account_id FROM ({texts}) AS t, {places} \
         WHERE substr({word}, 1, 2) IN ('n_', 'v_')"
    ));
    statements.push(
        if engine() == TestEngine::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" }.to_owned(),
    );
    for statement in statements {
        db.execute_unprepared(&statement).await.expect("the directory is seeded");
    }
}
