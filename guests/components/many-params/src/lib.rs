//! Signatures that do not fit into core parameters or results.
#![allow(clippy::too_many_arguments)]

wit_bindgen::generate!({ path: "../../../wit/functions", world: "many-params" });

struct ManyParams;

impl Guest for ManyParams {
    fn sum17(
        a: u32,
        b: u32,
        c: u32,
        d: u32,
        e: u32,
        f: u32,
        g: u32,
        h: u32,
        i: u32,
        j: u32,
        k: u32,
        l: u32,
        m: u32,
        n: u32,
        o: u32,
        p: u32,
        q: u64,
    ) -> u64 {
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p].into_iter().map(u64::from).sum::<u64>() + q
    }

    fn sum16(
        a: u32,
        b: u32,
        c: u32,
        d: u32,
        e: u32,
        f: u32,
        g: u32,
        h: u32,
        i: u32,
        j: u32,
        k: u32,
        l: u32,
        m: u32,
        n: u32,
        o: u32,
        p: u64,
    ) -> u64 {
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o].into_iter().map(u64::from).sum::<u64>() + p
    }

    fn join9(
        a: String,
        b: String,
        c: String,
        d: String,
        e: String,
        f: String,
        g: String,
        h: String,
        i: String,
    ) -> String {
        [a, b, c, d, e, f, g, h, i].join("-")
    }

    fn divide(a: u32, b: u32) -> (u32, u32) {
        (a / b, a % b)
    }

    fn ask() -> u64 {
        host_sum17(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)
    }
}

export!(ManyParams);
