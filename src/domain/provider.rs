//! What providers say of whom they serve (P1).

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// The size of a customer, in people.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum CustomerSize {
    #[sea_orm(string_value = "1-9")]
    #[serde(rename = "1-9")]
    From1To9,
    #[sea_orm(string_value = "10-49")]
    #[serde(rename = "10-49")]
    From10To49,
    #[sea_orm(string_value = "50-249")]
    #[serde(rename = "50-249")]
    From50To249,
    #[sea_orm(string_value = "250-999")]
    #[serde(rename = "250-999")]
    From250To999,
    #[sea_orm(string_value = "1000+")]
    #[serde(rename = "1000+")]
    From1000,
}

/// On which side of an inquiry an account is (P3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InquiryDirection {
    /// It is the provider that was asked.
    Received,
    /// It is the customer that asked.
    Sent,
}

/// Whether ISO 3166-1 assigns this alpha-2 code to a country.
#[must_use]
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.split_ascii_whitespace().any(|known| known == code)
}

const COUNTRIES: &str = "
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_a_country_is_one_of_the_249_assigned_codes_in_capitals() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        for code in ["SE", "NL", "KR", "ZW"] {
            assert!(is_country(code), "{code}");
        }
        for code in ["", "se", "XX", "EU", "UK", "SWE", "S", "S E", "\u{e9}"] {
            assert!(!is_country(code), "{code}");
        }
    }
}
