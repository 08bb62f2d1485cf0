//! Embeds the modules. Cargo dependencies provide one release of each compatible version range; `files/` contains
//! the others.

use crate::Release;

/// Release from a dependency.
macro_rules! depended {
    ($version:literal, $package:ident) => {
        Release {
            version: $version,
            command: $package::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
            reactor: $package::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
            proxy: $package::WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER,
        }
    };
}

/// Release from three files.
macro_rules! kept {
    ($version:literal) => {
        Release {
            version: $version,
            command: include_bytes!(concat!("../files/", $version, "/command.wasm")),
            reactor: include_bytes!(concat!("../files/", $version, "/reactor.wasm")),
            proxy: include_bytes!(concat!("../files/", $version, "/proxy.wasm")),
        }
    };
}

pub(crate) static RELEASES: [Release; 16] = [
    depended!("24.0.13", v24),
    kept!("25.0.0"),
    depended!("25.0.1", v25),
    kept!("28.0.0"),
    depended!("28.0.1", v28),
    depended!("29.0.1", v29),
    depended!("33.0.2", v33),
    kept!("36.0.0"),
    depended!("36.0.20", v36),
    depended!("37.0.3", v37),
    depended!("38.0.4", v38),
    depended!("42.0.2", v42),
    depended!("44.0.3", v44),
    depended!("46.0.3", v46),
    depended!("48.0.8", v48),
    depended!("50.0.1", v50),
];
