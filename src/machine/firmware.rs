//! What the firmware says of itself, and which virtual machine that gives away. The same rules on every operating system.

use crate::license::Environment;

/// The names that the firmware gives; empty where it does not.
#[derive(Debug, Default)]
pub(super) struct Firmware {
    pub vendor: String,
    pub product: String,
    pub bios: String,
    pub board: String,
    pub asset_tag: String,
}

/// The asset tag that Azure gives to every machine.
const AZURE: &str = "7783-7084-3265-9085-8269-3286-77";

impl Firmware {
    /// The virtual machine it speaks of; `None` where it speaks of hardware or not at all.
    pub(super) fn environment(&self) -> Option<Environment> {
        let all = [&self.vendor, &self.product, &self.bios, &self.board, &self.asset_tag].map(|name| name.to_lowercase());
        let [vendor, product, bios, board, asset_tag] = &all;
        let any = |name: &str| all.iter().any(|text| text.contains(name));
        // Clouds first: what they are built on shows through.
        let found = if vendor.contains("amazon ec2") || bios.contains("amazon ec2") {
            // Rented hardware says so in its product's name: `c5.metal`.
            return (!product.contains(".metal")).then_some(Environment::Aws);
        } else if asset_tag == AZURE {
            Environment::Azure
        } else if product.contains("google compute engine") {
            Environment::Google
        } else if vendor.contains("digitalocean") {
            Environment::DigitalOcean
        } else if vendor == "hetzner" {
            Environment::Hetzner
        } else if asset_tag.contains("oraclecloud") {
            Environment::Oracle
        } else if vendor.contains("alibaba cloud") {
            // Rented hardware of theirs has no such product name.
            return product.contains("ecs").then_some(Environment::Alibaba);
        } else if product.starts_with("openstack") || asset_tag.contains("openstack") {
            Environment::OpenStack
        } else if any("vmware") {
            Environment::Vmware
        } else if any("virtualbox") || any("innotek gmbh") {
            Environment::VirtualBox
        } else if any("parallels") {
            Environment::Parallels
        } else if product.contains("hvm domu") || vendor == "xen" {
            Environment::Xen
        } else if vendor.contains("microsoft") && product == "virtual machine" {
            Environment::HyperV
        } else if vendor == "qemu" || product.contains("kvm") || board.contains("kvm") {
            Environment::Kvm
        } else if any("bochs") || any("bhyve") || any("qemu") || product.contains("virtual machine") {
            Environment::OtherVm
        } else {
            return None;
        };
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_machine_is_known_by_its_firmware() {
        for (vendor, product, asset_tag, want) in [
            ("QEMU", "Standard PC (Q35 + ICH9, 2009)", "", Some(Environment::Kvm)),
            ("Red Hat", "KVM", "", Some(Environment::Kvm)),
            ("VMware, Inc.", "VMware20,1", "No Asset Tag", Some(Environment::Vmware)),
            ("innotek GmbH", "VirtualBox", "", Some(Environment::VirtualBox)),
            ("Microsoft Corporation", "Virtual Machine", "1234-5678", Some(Environment::HyperV)),
            ("Microsoft Corporation", "Virtual Machine", AZURE, Some(Environment::Azure)),
            ("Microsoft Corporation", "Surface Laptop 5", "", None),
            ("Xen", "HVM domU", "", Some(Environment::Xen)),
            ("Amazon EC2", "t3.medium", "Amazon EC2", Some(Environment::Aws)),
            ("Amazon EC2", "c5.metal", "Amazon EC2", None),
            ("Google", "Google Compute Engine", "", Some(Environment::Google)),
            ("Google", "Eve", "", None),
            ("Hetzner", "vServer", "", Some(Environment::Hetzner)),
            ("DigitalOcean", "Droplet", "", Some(Environment::DigitalOcean)),
            ("QEMU", "Standard PC", "OracleCloud.com", Some(Environment::Oracle)),
            ("Alibaba Cloud", "Alibaba Cloud ECS", "", Some(Environment::Alibaba)),
            ("OpenStack Foundation", "OpenStack Nova", "", Some(Environment::OpenStack)),
            ("Dell Inc.", "PowerEdge R740", "", None),
            ("", "", "", None),
        ] {
            let firmware = Firmware {
                vendor: vendor.to_owned(),
                product: product.to_owned(),
                asset_tag: asset_tag.to_owned(),
                ..Firmware::default()
            };
            assert_eq!(firmware.environment(), want, "{vendor} {product}");
        }
    }

    #[test]
    fn one_name_is_enough_wherever_it_stands() {
        let nothing = Firmware::default;
        for (firmware, want) in [
            (Firmware { bios: "Amazon EC2".into(), ..nothing() }, Environment::Aws),
            (Firmware { product: "OpenStack Compute".into(), ..nothing() }, Environment::OpenStack),
            (Firmware { asset_tag: "OpenStack Nova".into(), ..nothing() }, Environment::OpenStack),
            (Firmware { board: "VirtualBox".into(), ..nothing() }, Environment::VirtualBox),
            (Firmware { bios: "innotek GmbH".into(), ..nothing() }, Environment::VirtualBox),
            (Firmware { vendor: "Parallels Software".into(), ..nothing() }, Environment::Parallels),
            (Firmware { vendor: "Xen".into(), ..nothing() }, Environment::Xen),
            (Firmware { product: "HVM domU".into(), ..nothing() }, Environment::Xen),
            (Firmware { vendor: "QEMU".into(), ..nothing() }, Environment::Kvm),
            (Firmware { product: "KVM Server".into(), ..nothing() }, Environment::Kvm),
            (Firmware { board: "KVM".into(), ..nothing() }, Environment::Kvm),
            (Firmware { bios: "Bochs".into(), ..nothing() }, Environment::OtherVm),
            (Firmware { bios: "BHYVE".into(), ..nothing() }, Environment::OtherVm),
            (Firmware { bios: "QEMU".into(), ..nothing() }, Environment::OtherVm),
            (Firmware { product: "Virtual Machine".into(), ..nothing() }, Environment::OtherVm),
        ] {
            assert_eq!(firmware.environment(), Some(want), "{firmware:?}");
        }
    }
}
