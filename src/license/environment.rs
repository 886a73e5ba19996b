//! What a machine is: hardware, a virtual machine, a container, and of which make.
//!
//! The word stands in the machine ID, so that the vendor sees it before a license is bound. How it is found out belongs in
//! `machine`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which sort of machine it is. A tier may refuse a sort for licenses that are bound to machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineKind {
    /// Hardware of its own.
    Physical,
    /// A virtual machine, also one of a cloud.
    Virtual,
    /// A container, which goes when it is replaced.
    Container,
}

impl MachineKind {
    /// Every sort.
    pub const ALL: [Self; 3] = [Self::Physical, Self::Virtual, Self::Container];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Virtual => "virtual",
            Self::Container => "container",
        }
    }

    /// The words for many of them.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Physical => "physical machines",
            Self::Virtual => "virtual machines",
            Self::Container => "containers",
        }
    }
}

impl fmt::Display for MachineKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a sort of machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a machine is physical, virtual or a container")]
pub struct UnknownMachineKind;

impl FromStr for MachineKind {
    type Err = UnknownMachineKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownMachineKind)
    }
}

/// Declares [`Environment`] in one table: its number in a machine ID, its sort, its code and its name for people. A number is
/// never given another meaning.
macro_rules! environments {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $kind:ident, $code:literal, $shown:literal;)*) => {
        /// What a machine runs in, as far as it can be told from inside.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Environment { $($(#[$doc])* $name,)* }

        impl Environment {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its number in a machine ID, from 0 to 31.
            #[must_use]
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// Which sort of machine it is.
            #[must_use]
            pub fn kind(self) -> MachineKind {
                match self { $(Self::$name => MachineKind::$kind,)* }
            }

            /// The stable code, in kebab case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its name for people, with an article where one belongs there.
            #[must_use]
            pub fn described(self) -> &'static str {
                match self { $(Self::$name => $shown,)* }
            }
        }
    };
}

environments! {
    /// Hardware, or nothing that gives away the opposite.
    Physical = 0, Physical, "physical", "a physical machine";
    /// QEMU with KVM, and what is built on it.
    Kvm = 1, Virtual, "kvm", "a KVM virtual machine";
    /// VMware.
    Vmware = 2, Virtual, "vmware", "a VMware virtual machine";
    /// VirtualBox.
    VirtualBox = 3, Virtual, "virtualbox", "a VirtualBox virtual machine";
    /// Hyper-V.
    HyperV = 4, Virtual, "hyper-v", "a Hyper-V virtual machine";
    /// Xen.
    Xen = 5, Virtual, "xen", "a Xen virtual machine";
    /// Parallels.
    Parallels = 6, Virtual, "parallels", "a Parallels virtual machine";
    /// A virtual machine of an unknown make.
    OtherVm = 7, Virtual, "vm", "a virtual machine";
    /// Amazon EC2.
    Aws = 8, Virtual, "aws", "an Amazon EC2 instance";
    /// Microsoft Azure.
    Azure = 9, Virtual, "azure", "a Microsoft Azure virtual machine";
    /// Google Compute Engine.
    Google = 10, Virtual, "google-cloud", "a Google Compute Engine instance";
    /// DigitalOcean.
    DigitalOcean = 11, Virtual, "digitalocean", "a DigitalOcean droplet";
    /// Hetzner Cloud.
    Hetzner = 12, Virtual, "hetzner", "a Hetzner Cloud server";
    /// Oracle Cloud.
    Oracle = 13, Virtual, "oracle-cloud", "an Oracle Cloud instance";
    /// Alibaba Cloud.
    Alibaba = 14, Virtual, "alibaba-cloud", "an Alibaba Cloud instance";
    /// OpenStack, under whatever vendor.
    OpenStack = 15, Virtual, "openstack", "an OpenStack instance";
    /// Docker.
    Docker = 16, Container, "docker", "a Docker container";
    /// Podman.
    Podman = 17, Container, "podman", "a Podman container";
    /// LXC and what is built on it.
    Lxc = 18, Container, "lxc", "an LXC container";
    /// systemd-nspawn.
    Nspawn = 19, Container, "systemd-nspawn", "a systemd-nspawn container";
    /// A pod of Kubernetes.
    Kubernetes = 20, Container, "kubernetes", "a Kubernetes pod";
    /// A container of an unknown make.
    OtherContainer = 21, Container, "other-container", "a container";
    /// Windows Subsystem for Linux.
    Wsl = 24, Virtual, "wsl", "Windows Subsystem for Linux";
}

impl Environment {
    /// The one with this number in a machine ID.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.number() == number)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = UnknownMachineKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(UnknownMachineKind)
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_environment_has_a_number_and_a_code_of_its_own() {
        let numbers: BTreeSet<u8> = Environment::ALL.iter().map(|one| one.number()).collect();
        let codes: BTreeSet<&str> = Environment::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!((numbers.len(), codes.len()), (Environment::ALL.len(), Environment::ALL.len()));
        assert!(numbers.iter().all(|number| *number < 32));
        for one in Environment::ALL {
            assert_eq!(Environment::from_number(one.number()), Some(*one));
            assert_eq!(one.to_string().parse(), Ok(*one));
        }
        assert_eq!("pdp-11".parse::<Environment>(), Err(UnknownMachineKind));
    }

    #[test]
    fn every_kind_of_machine_reads_back_and_is_the_word_in_json() {
        for kind in MachineKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("toaster".parse::<MachineKind>(), Err(UnknownMachineKind));
    }
}
