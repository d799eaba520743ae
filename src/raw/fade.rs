//! What fades, and how many different things set these bits? In whole numbers alone: the same on every machine, to the last bit.
//!
//! A factor e^(-steps/constant) is the product of three entries of tables that the compiler has worked out from the series; an estimate by linear
//! counting (Whang, Vander-Zanden, Taylor 1990) is an entry of one. No floating point, whose functions differ from one library to the next.

/// Binary places of a factor.
const PLACES: u32 = 32;
/// Binary places while the tables are worked out.
const FINE: u32 = 62;
/// Entries of a table. Three of them reach 32,768 steps.
const ENTRIES: usize = 32;

/// Multiplies two numbers of so many binary places, to the nearest.
const fn times(a: u64, b: u64, places: u32) -> u64 {
    ((a as u128 * b as u128 + (1 << (places - 1))) >> places) as u64
}

/// How something fades: by the factor e^(-numerator/denominator) each step.
#[derive(Debug)]
pub(crate) struct Fade {
    /// Powers of one step, of 32 and of 1,024.
    tables: [[u64; ENTRIES]; 3],
}

impl Fade {
    /// A step of a `denominator`-th of the time in which things fade to an e-th; 1 and up.
    pub(crate) const fn of(denominator: u64) -> Self {
        let mut base = inverse_exp(denominator);
        let mut tables = [[0; ENTRIES]; 3];
        let mut table = 0;
        while table < tables.len() {
            let (mut power, mut i) = (1 << FINE, 0);
            while i < ENTRIES {
                tables[table][i] = (power + (1 << (FINE - PLACES - 1))) >> (FINE - PLACES);
                power = times(power, base, FINE);
                i += 1;
            }
            base = power;
            table += 1;
        }
        Self { tables }
    }

    /// What is left of `value` after so many steps, to the nearest.
    #[inline]
    pub(crate) const fn fade(&self, value: u32, steps: u64) -> u32 {
        if steps >= (ENTRIES * ENTRIES * ENTRIES) as u64 {
            return 0;
        }
        let steps = steps as usize;
        let [one, some, many] = &self.tables;
        let factor = times(
            times(
                one[steps % ENTRIES],
                some[steps / ENTRIES % ENTRIES],
                PLACES,
            ),
            many[steps / ENTRIES / ENTRIES],
            PLACES,
        );
        // No more than it was: a factor is at most 1.
        times(value as u64, factor, PLACES) as u32
    }
}

/// e^(-1/x), by its series: 30 terms leave less than the last place.
const fn inverse_exp(x: u64) -> u64 {
    let (mut sum, mut term, mut k) = (0i128, 1i128 << FINE, 1);
    while k < 30 {
        sum += term;
        term = -term / (x as i128 * k);
        k += 1;
    }
    sum as u64
}

/// Thousandths of different things, by how many of `bits` bits they have set.
/// Where all are set no number follows: it is some that is above every threshold.
const fn estimates(bits: usize, full: u32) -> [u32; 65] {
    let mut table = [full; 65];
    let (mut sum, mut free) = (0u128, bits);
    // bits × ln(bits / free), summed up from ln(free / (free - 1)).
    while free > 0 {
        table[bits - free] = ((sum * bits as u128 * 1_000 + (1 << 49)) >> 50) as u32;
        if free > 1 {
            sum += ln_ratio(free as u128);
        }
        free -= 1;
    }
    table
}

/// ln(k / (k - 1)) to 50 binary places: 2 artanh(1 / (2k - 1)), by its series. For k of 2 and up.
const fn ln_ratio(k: u128) -> u128 {
    let (x, mut sum, mut j) = (2 * k - 1, 0u128, 0);
    let mut power = (2u128 << 50) / x;
    while j < 24 {
        sum += power / (2 * j + 1);
        power /= x * x;
        j += 1;
    }
    sum
}

/// 300 as good as any: the last estimate is 266.
static OF_64: [u32; 65] = estimates(64, 300_000);
static OF_32: [u32; 65] = estimates(32, 150_000);

/// About how many different things have set these bits, one each by a hash: thousandths. Three are told to a quarter, eight to 0.7.
#[inline]
pub(crate) fn count_64(bits: u64) -> u32 {
    OF_64[bits.count_ones() as usize]
}

/// The same of 32 bits: eight are told to 1.
#[inline]
pub(crate) fn count_32(bits: u32) -> u32 {
    OF_32[bits.count_ones() as usize]
}

#[cfg(all(test, not(any(fairslot_loom, fairslot_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn fading_is_the_exponential_function_to_its_last_place() {
        static SECOND: Fade = Fade::of(1_000);
        static MONTH: Fade = Fade::of(30);
        for (fade, of) in [(&SECOND, 1_000.0), (&MONTH, 30.0)] {
            for steps in (0..2_000).chain([5_000, 20_000, 32_767, 32_768, u64::MAX]) {
                let exact = f64::from(u32::MAX) * (-(steps as f64) / of).exp();
                let off = f64::from(fade.fade(u32::MAX, steps)) - exact;
                assert!(off.abs() < 3.0, "{steps} of {of}: off by {off}");
            }
            assert_eq!(fade.fade(12_345, 0), 12_345);
        }
    }

    #[test]
    fn counting_is_the_logarithm_to_a_thousandth() {
        for set in 0..64u32 {
            let exact = 64_000.0 * (64.0 / f64::from(64 - set)).ln();
            let off = f64::from(count_64((1 << set) - 1)) - exact;
            assert!(off.abs() <= 0.6, "{set}: off by {off}");
        }
        for set in 0..32u32 {
            let exact = 32_000.0 * (32.0 / f64::from(32 - set)).ln();
            let off = f64::from(count_32((1 << set) - 1)) - exact;
            assert!(off.abs() <= 0.6, "{set}: off by {off}");
        }
        assert_eq!((count_64(u64::MAX), count_32(u32::MAX)), (300_000, 150_000));
    }
}
