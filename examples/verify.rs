//! What the product of a vendor does with a key, and no more: `verify KEY KEYS PRODUCT` reads a license key and the vendor's public
//! keys from files and says for whom the license is. `benches/table/process.rs` shows what of `lic verify` is the library's part.

use std::error::Error;
use std::fs;
use std::time::SystemTime;

use lic::token::{KeySet, Verifier};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, keys, product] = arguments.as_slice() else { return Err("write: verify KEY KEYS PRODUCT".into()) };
    let trusted = KeySet::parse(&fs::read_to_string(keys)?)?;
    let now = SystemTime::now().try_into()?;
    let license = Verifier::new(trusted, product.parse()?).verify(fs::read(key)?, now)?;
    println!("licensed to {}", license.customer());
    Ok(())
}
