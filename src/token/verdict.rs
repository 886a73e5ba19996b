//! The result of every check of a key, for people and for logs. A program that only wants in or out takes `Verifier::verify`.

use std::fmt;

use serde::{Serialize, Serializer};

use super::claims::Claims;
use super::reason::{Check, Reason, Refusal};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// It holds, and there is something to know.
    Warned,
    /// It was not asked for, or could not be made.
    Skipped,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warned",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckResult {
    /// Which check.
    pub check: Check,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed or what there is to know; absent where it simply passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// One plain line for people, such as `ended 2027-11-22, 3 days ago; grace ran out 2027-11-25`.
    pub detail: String,
}

impl CheckResult {
    /// A check that holds.
    #[must_use]
    pub fn passed(check: Check, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Passed, reason: None, detail: detail.into() }
    }

    /// A check that does not hold; which one follows from the reason.
    #[must_use]
    pub fn failed(reason: Reason, detail: impl Into<String>) -> Self {
        Self { check: reason.check(), outcome: Outcome::Failed, reason: Some(reason), detail: detail.into() }
    }

    /// A check that holds, with something to know; which one follows from the reason.
    #[must_use]
    pub fn warned(reason: Reason, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warned, ..Self::failed(reason, detail) }
    }

    /// A check that was not made.
    #[must_use]
    pub fn skipped(check: Check, detail: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Skipped, reason: None, detail: detail.into() }
    }
}

impl From<Refusal> for CheckResult {
    fn from(refusal: Refusal) -> Self {
        Self::failed(refusal.reason, refusal.detail)
    }
}

/// Every check of a key. Valid only where the format and the signature passed and nothing failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What each check found, in the order of [`Check`].
    pub checks: Vec<CheckResult>,
    /// What the key says, **verified or not**; absent where it could not be read.
    pub claims: Option<Claims>,
}

impl Verdict {
    /// Whether the key is valid.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let passed = |check| self.result(check).is_some_and(|result| result.outcome == Outcome::Passed);
        passed(Check::Format) && passed(Check::Signature) && self.failure().is_none()
    }

    /// The failed check to lead with: whether the key is the vendor's at all outweighs what the vendor did with it, and that
    /// whether it fits the question asked.
    #[must_use]
    pub fn failure(&self) -> Option<&CheckResult> {
        let failed = self.checks.iter().filter(|result| result.outcome == Outcome::Failed);
        failed.min_by_key(|result| result.reason.map_or(u8::MAX, Reason::precedence))
    }

    /// What this check found.
    #[must_use]
    pub fn result(&self, check: Check) -> Option<&CheckResult> {
        self.checks.iter().find(|result| result.check == check)
    }

    /// Takes in what another check found; a second result of the same check replaces the first.
    pub fn add(&mut self, result: CheckResult) {
        match self.checks.binary_search_by_key(&result.check, |known| known.check) {
            Ok(place) => self.checks[place] = result,
            Err(place) => self.checks.insert(place, result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(results: &[CheckResult]) -> Verdict {
        let mut verdict = Verdict { checks: Vec::new(), claims: None };
        results.iter().cloned().for_each(|result| verdict.add(result));
        verdict
    }

    #[test]
    fn nothing_is_valid_without_a_signature() {
        assert!(!verdict(&[]).is_valid());
        let format = CheckResult::passed(Check::Format, "");
        assert!(!verdict(&[format.clone(), CheckResult::skipped(Check::Signature, "")]).is_valid());
        assert!(
            verdict(&[format, CheckResult::passed(Check::Signature, ""), CheckResult::skipped(Check::Product, "")]).is_valid()
        );
    }

    #[test]
    fn the_failure_to_lead_with_is_the_gravest() {
        let verdict = verdict(&[
            CheckResult::failed(Reason::Revoked, ""),
            CheckResult::failed(Reason::Expired, ""),
            CheckResult::failed(Reason::WrongProduct, ""),
            CheckResult::passed(Check::Signature, ""),
        ]);
        assert_eq!(verdict.failure().and_then(|failure| failure.reason), Some(Reason::Revoked));
        let order: Vec<Check> = verdict.checks.iter().map(|result| result.check).collect();
        assert_eq!(order, [Check::Signature, Check::Product, Check::Term, Check::Standing]);
    }

    #[test]
    fn a_second_result_of_a_check_replaces_the_first() {
        let passed = |check| CheckResult::passed(check, "");
        let verdict = verdict(&[passed(Check::Term), passed(Check::Format), CheckResult::failed(Reason::Expired, "")]);
        assert_eq!(verdict.checks, [passed(Check::Format), CheckResult::failed(Reason::Expired, "")]);
    }

    #[test]
    fn every_outcome_has_a_word_and_it_is_the_one_in_json() {
        let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::Warned, Outcome::Skipped];
        assert_eq!(outcomes.map(|outcome| outcome.to_string()), ["passed", "failed", "warned", "skipped"]);
        assert_eq!(serde_json::to_string(&outcomes).unwrap(), r#"["passed","failed","warned","skipped"]"#);
    }
}
