//! What a real Ockam node has sent and taken, or would.
//!
//! I has the Ed25519 seed 11…, the static key 33… and the ephemeral key 55…; R has 22…, 44…
//! and 66…. All begin at [`NOW`].

/// The time at which both identities were made.
pub(crate) const NOW: u64 = 1_700_000_000;

/// The identifier of I.
pub(crate) const IDENTIFIER: &str =
    "I7249dce9f684595e89bd299a1a755d46515f6d7f89a8ebfe45b6d3ddd434d8d3";
/// The history of I.
pub(crate) const HISTORY: &str = concat!(
    "81825837830101583285f68200815820d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332",
    "c9778737f41a6553f1001a781ff40082008158405e417a603add326c027b5008f6c8efe367c11601e51fc53d",
    "d3a972177c01385e2da41c438e42c1eac80168f902541dbe614221a61734cc32cbe54b1c673a9500",
);
/// The first message.
pub(crate) const MESSAGE_1: &str =
    "38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67";
/// The second message.
pub(crate) const MESSAGE_2: &str = concat!(
    "219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424f3af4ee5c4d25163f108d2e9",
    "4810c1f6c77fc3867bff21eac4fbb973cc93800d53192e56606540ca7ad0bfa2e8e2bb8428dcb7cde7003b31",
    "efecc4301ad455c7f70514975afb746ef0c03faac47b6945ca623ec1cb672e5996fa7c1706ebc2cf005aa3c1",
    "4dc988d753fd0d6c47a3cac607efebdf66cd2666c0e460c78293876449a6518172c3117943e9b958d5eef70e",
    "e491efeaa2ae217c693fcaee820730066f279166581b4953dee60d4a2d436a409647e5c72dafc209e215cf44",
    "a670de1489048e6167b10682ace25585bde0a25f13553b749da3f4e1dc6d1ca9046a18745bf57a6ef4519d08",
    "454d27d4913bed80efc3bcbd7a24fed79cd84e96893476d5cb06908f57a995661843a71ec38ca867a86a2bbc",
    "0b5f55502f829fc7782973bdf1bd4040809d8ffdbb82922061971cd475ebae3f910bcc267434d69bb165e779",
    "a882559b01b1a344458a5737afb2f02ae8ee567bf3856ff46ac38c3597cc11536b86486ad9daa4dc84e99f5a",
    "a2e426271f8b99001a48bb91b7f99d96432eb8cda2a517",
);
/// SHA-256 of the third message.
pub(crate) const HASH_OF_3: &str =
    "ea493e12bf7a3419bba0719f5f1818147036f3bbb42fdb905a3ffcd1d14ff9d7";
/// The hash of the whole handshake.
pub(crate) const HASH: &str = "321212c1c6b0fa9ac5134821eee8b1dc0de7a1c02ac0c7576ef7f089f4e5c204";
/// With which R sends.
pub(crate) const K1: &str = "03523978d62b02035679e1f5a0c7ac106364fa4c8965f455a7d684f5533d6499";
/// With which I sends.
pub(crate) const K2: &str = "383e4f15098bf7d1ca5a0cba19e51fdc847f2e14988af6e88f6fee03f0e1c699";
/// What follows after 32 messages.
pub(crate) const K2_REKEYED: &str =
    "d5b998a7e1e3ff01f81de4b0bdb20b55c5b99931f0137bfcfcaa437132965551";
/// A message that goes to `echoer` from `me` and says `hi`.
pub(crate) const PLAIN: &str = "8282008183818200466563686f6572818200426d6542686940";
/// It, as the first that I sends.
pub(crate) const SEALED_0: &str = concat!(
    "0000000000000000fb3a4030ea4e6e4dfacf061ec6b89a1770ef7ce72587b021347e434aa29daae41a30486b",
    "6d1d1e6238",
);
/// It, as the 33rd: the first with the next key.
pub(crate) const SEALED_32: &str = concat!(
    "00000000000000209ab68958edf8ea89935170efb27a12eb49bc98278ffebb030502793026c7a43b78ccedd6",
    "eafec8a370",
);
/// The end of it.
pub(crate) const CLOSE_33: &str = "0000000000000021924f2870f579ae27cf4b7727e8cf9d41a1b6f4ab92";
/// The history of a real node with a P-256 key.
pub(crate) const P256_HISTORY: &str = concat!(
    "81825858830101585385f6820181584104e37e2a4deb7f34d4653c1d6045c7df29499058a36c13929d84c412",
    "a902923e0827fa6c22c2442d66ab86ccce03d50d10e9f704b7727354711ea6ff06a31465bef41a6b03229f1a",
    "7dcf259f8201815840dc7f331379376cf0a4089573180011cb9d52b0efeba9325d374277187a91d39ea6f865",
    "140a4189e1c05879cdd4e58a28ab789ea71ec89e754f82acc45ae662bf",
);
/// Its identifier.
pub(crate) const P256_IDENTIFIER: &str =
    "Ida89439d50482f70166531ab12431c9b4e76692dc361bf0e7b15bb7f0ced9847";
