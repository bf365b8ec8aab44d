//! The request that leans on the allocator: what alloc-cpp/churn.h states, drawn and counted the same way.

use serde::{Deserialize, Serialize};
use service::Refusal;

const SLOTS: usize = 512;
const PAGE: usize = 4096;
const MOST_OPERATIONS: u32 = 1_000_000;

pub const REFUSAL: Refusal = Refusal {
    status: 400,
    body: r#"{"error":"expected an object with seed and operations"}"#,
};

#[derive(Deserialize)]
struct Asked {
    seed: u64,
    operations: u32,
}

#[derive(Serialize)]
struct Result {
    operations: u32,
    allocated: u64,
    live: u64,
    checksum: String,
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn size(&mut self) -> usize {
        let size = match self.below(100) {
            0..60 => 16 + self.below(112),
            60..90 => 128 + self.below(896),
            90..99 => 1024 + self.below(7168),
            _ => 8192 + self.below(57345),
        };
        size as usize
    }
}

/// FNV-1a over the bytes of the numbers mixed in.
struct Checksum(u64);

impl Checksum {
    fn mix(&mut self, value: u64) {
        for byte in value.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
}

/// Memory is taken as it comes, and of each page one byte is written, and the last byte.
fn block(size: usize, mark: u8) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    let room = bytes.spare_capacity_mut();
    for at in (0..size).step_by(PAGE) {
        room[at].write(mark);
    }
    room[size - 1].write(mark);
    bytes
}

fn last_byte(block: &mut Vec<u8>) -> u8 {
    let size = block.capacity();
    // SAFETY: `block` has written the last byte of its capacity, which with_capacity gave exactly.
    unsafe { block.spare_capacity_mut()[size - 1].assume_init() }
}

fn run(asked: &Asked) -> Result {
    let mut random = SplitMix64(asked.seed);
    let mut slots: Vec<Vec<u8>> = Vec::with_capacity(SLOTS);
    slots.resize_with(SLOTS, Vec::new);
    let mut checksum = Checksum(0xCBF2_9CE4_8422_2325);
    let (mut allocated, mut live) = (0, 0);
    for operation in 0..asked.operations {
        let slot = &mut slots[random.below(SLOTS as u64) as usize];
        if slot.capacity() > 0 {
            checksum.mix(u64::from(last_byte(slot)));
            live -= slot.capacity() as u64;
            *slot = Vec::new(); // before the next is allocated
        }
        let size = random.size();
        *slot = block(size, operation as u8);
        checksum.mix(size as u64);
        allocated += size as u64;
        live += size as u64;
    }
    Result {
        operations: asked.operations,
        allocated,
        live,
        checksum: format!("{:016x}", checksum.0),
    }
}

pub fn answer(body: &[u8]) -> std::result::Result<String, Refusal> {
    let asked: Asked = serde_json::from_slice(body).map_err(|_| REFUSAL)?;
    if !(1..=MOST_OPERATIONS).contains(&asked.operations) {
        return Err(REFUSAL);
    }
    Ok(serde_json::to_string(&run(&asked)).expect("strings and numbers can be written"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_what_the_cpp_one_does() {
        let expected =
            r#"{"operations":1000,"allocated":886744,"live":351101,"checksum":"36843baabbefefb1"}"#;
        assert_eq!(
            answer(br#"{"seed":1,"operations":1000}"#).unwrap(),
            expected
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for body in [
            "",
            "[]",
            r#"{"seed":1}"#,
            r#"{"seed":1,"operations":0}"#,
            r#"{"seed":1,"operations":1000001}"#,
        ] {
            assert_eq!(answer(body.as_bytes()), Err(REFUSAL), "{body}");
        }
    }
}
