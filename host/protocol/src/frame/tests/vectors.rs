//! What went over the wire between real Ockam nodes, and what they say to other bytes.

use alloc::format;

use super::*;

/// The bytes are this frame.
#[track_caller]
fn is(bytes: &str, onward: &str, back: &str, payload: &[u8]) -> Frame {
    let frame = only(&hex(bytes));
    let expected = Frame { onward: onward.into(), back: back.into(), payload: payload.to_vec() };
    assert_eq!(frame, expected);
    frame
}

/// The same, and without Ockam's fourth field, a text, the bytes are those written here.
#[track_caller]
fn captured(bytes: &str, onward: &str, back: &str, payload: &[u8]) {
    let frame = is(bytes, onward, back, payload);
    let body = bytes[8..].strip_prefix("84").and_then(|rest| rest.strip_suffix("627b7d"));
    let ours = text(&encoded(&frame));
    assert_eq!(ours[8..].strip_prefix("83"), body, "all but the fourth field");
}

#[test]
fn messages_within_one_hop() {
    captured(
        "0000003984818200466563686f6572818200582038663262326662333464616430633733666534666265646365666463346563334568656c6c6f627b7d",
        "echoer",
        "8f2b2fb34dad0c73fe4fbedcefdc4ec3",
        b"hello",
    );
    captured(
        "000000398481820058203866326232666233346461643063373366653466626564636566646334656333818200466563686f65724568656c6c6f627b7d",
        "8f2b2fb34dad0c73fe4fbedcefdc4ec3",
        "echoer",
        b"hello",
    );
    captured(
        "00000041848182004d737472696e675f6563686f657281820058203334313337633637383338613464366131366365623563326161303335623565460568656c6c6f627b7d",
        "string_echoer",
        "34137c67838a4d6a16ceb5c2aa035b5e",
        b"\x05hello",
    );
    captured(
        "0000004184818200466563686f6572818200582061333562303839363935396137363933333935663932336435353836633933394d0c48656c6c6f204f636b616d21627b7d",
        "echoer",
        "a35b0896959a7693395f923d5586c939",
        b"\x0cHello Ockam!",
    );
    captured(
        "0000002a848182004a707974686f6e2d617070818200466563686f65724d0c48656c6c6f204f636b616d21627b7d",
        "python-app",
        "echoer",
        b"\x0cHello Ockam!",
    );
}

#[test]
fn messages_over_several_hops() {
    captured(
        "000000508483820043686f7082014e3132372e302e302e313a373230328200466563686f6572818200582062393336396439653432303161323430623036303933636131666537376166314568656c6c6f627b7d",
        "hop,1#127.0.0.1:7202,echoer",
        "b9369d9e4201a240b06093ca1fe77af1",
        b"hello",
    );
    captured(
        "0000006384818200466563686f657283820043686f708200582038353538323839626166663330393364376531383531353665323764613663638200582062393336396439653432303161323430623036303933636131666537376166314568656c6c6f627b7d",
        "echoer",
        "hop,8558289baff3093d7e185156e27da6cc,b9369d9e4201a240b06093ca1fe77af1",
        b"hello",
    );
    captured(
        "000000638483820043686f70820058203835353832383962616666333039336437653138353135366532376461366363820058206239333639643965343230316132343062303630393363613166653737616631818200466563686f65724568656c6c6f627b7d",
        "hop,8558289baff3093d7e185156e27da6cc,b9369d9e4201a240b06093ca1fe77af1",
        "echoer",
        b"hello",
    );
    captured(
        "00000063848182005820623933363964396534323031613234306230363039336361316665373761663183820043686f708200582031663437373834616162386135386238323838623966376530613561653435628200466563686f65724568656c6c6f627b7d",
        "b9369d9e4201a240b06093ca1fe77af1",
        "hop,1f47784aab8a58b8288b9f7e0a5ae45b,echoer",
        b"hello",
    );
}

#[test]
fn a_message_of_a_secure_channel() {
    let bytes = "000000a98483820043686f7082005820316634373738346161623861353862383238386239663765306135616534356282005820646264633164343631386534653262326433633035653564613335623435353980585300000000000000006876cf238ed576b0994d8c4ee4decf96e5aa3d4ddd94bb60a184f37dcb1a90c24c4b9a61bd940d998f98e8e3f26b97a7b1cb772dfd4d13f4c1dc9e83ada9ad6d996010a59b38b4c3f933c0627b7d";
    let onward = "hop,1f47784aab8a58b8288b9f7e0a5ae45b,dbdc1d4618e4e2b2d3c05e5da35b4559";
    // Eight bytes of a counter, and a ciphertext.
    let payload = hex(&bytes[bytes.len() - 6 - 2 * 83..bytes.len() - 6]);
    assert!(payload.starts_with(&[0; 8]));
    captured(bytes, onward, "", &payload);
}

#[test]
fn what_ockam_takes_besides() {
    let request = "0000001784818200466563686f6572818200426d65426869627b7d";
    captured(request, "echoer", "me", b"hi");
    captured("0000001784818200426d65818200466563686f6572426869627b7d", "me", "echoer", b"hi");
    let three = "0000001483818200466563686f6572818200426d65426869";
    let frame = is(three, "echoer", "me", b"hi");
    assert_eq!(text(&encoded(&frame)), three, "the shortest form is the one written here");
    is("0000001584818200466563686f6572818200426d65426869f6", "echoer", "me", b"hi");
    is("0000001b9f9f9f00466563686f6572ffff9f8200426d65ff426869627b7dff", "echoer", "me", b"hi");
    is("0000001284818200466563686f657280426869627b7d", "echoer", "", b"hi");
    let heartbeat = is("000000128480818200466563686f6572426869627b7d", "", "echoer", b"hi");
    assert!(heartbeat.is_heartbeat());
    assert!(is("0000000784808040627b7d", "", "", b"").is_heartbeat());
    assert_eq!(text(&encoded(&Frame::default())), "0000000483808040");
    is(
        "0000002783818200466563686f65728182004a707974686f6e2d6170704d0c48656c6c6f204f636b616d21",
        "echoer",
        "python-app",
        b"\x0cHello Ockam!",
    );
    assert!(!only(&hex(request)).is_heartbeat());
}

/// The frame that takes `me` back to `echoer` with `hi`, in other words.
#[track_caller]
fn same(body: &str) {
    let body = body.replace(' ', "");
    is(&text(&framed(&hex(&body))), "echoer", "me", b"hi");
}

#[test]
fn what_is_not_known_is_ignored() {
    // A fifth field, of any kind.
    for more in [
        "00",
        "3903e7",
        "f5",
        "fb3ff0000000000000",
        "c11a514b67b0",
        "5f4161ff",
        "a2010281f6f7",
        "bf6161019f0203ffff",
        "f820",
    ] {
        same(&format!("85 818200466563686f6572 818200426d65 426869 f6 {more}"));
        same(&format!("9f 818200466563686f6572 818200426d65 426869 f6 {more} {more} ff"));
    }
    // A third field of an address; a number, and lengths, that are not the shortest.
    same("83 81 83 00 466563686f6572 627b7d 818200426d65 426869");
    same("83 81 82 1800 466563686f6572 81821b0000000000000000 5802 6d65 5a00000002 6869");
    same("9a00000003 9801 9a0000000200466563686f6572 818200426d65 426869");
    // Bytes after the array.
    same("83 818200466563686f6572 818200426d65 426869 ff00ff");
    // Tracing is any text.
    same("84 818200466563686f6572 818200426d65 426869 60");
}

#[test]
fn what_is_no_text_is_an_address_all_the_same() {
    let frame = only(&framed(&hex("8381820143ff00fe8040")));
    assert_eq!(frame.onward, Route::from(Address::new(TCP, b"\xff\0\xfe")));
}

/// Something else than what belongs there.
#[track_caller]
fn unexpected(body: &str, place: usize, what: &'static str) {
    closes(&body.replace(' ', ""), FrameError::Unexpected { at: place, wanted: what });
}

/// G8.3, G8.12: lengths and depths that no frame has.
#[test]
fn what_closes_the_connection() {
    let parts = "an array of two routes and a payload";
    let payload = "a payload, which is bytes";
    let tracing = "what is traced: a text or null";
    assert_eq!(decode(&[&hex("00000000")]), Err(FrameError::Empty));
    unexpected("82 818200466563686f6572 818200426d65", 17, parts);
    unexpected("80", 1, parts);
    unexpected("a0", 0, parts);
    unexpected("c1 83808040", 0, parts);
    unexpected("00", 0, parts);
    unexpected("84 818200466563686f6572 818200426d65 626869 627b7d", 17, payload);
    unexpected("83 80 80 f6", 3, payload);
    unexpected("83 80 80 80", 3, payload);
    unexpected("83 80 80 5f426869ff", 3, payload);
    unexpected("84 80 80 40 40", 4, tracing);
    unexpected("84 80 80 40 f7", 4, tracing);
    unexpected("84 80 80 40 62fffe", 5, tracing);
    unexpected("84 80 80 40 7f627b7dff", 4, tracing);
    unexpected("84 818200666563686f6572 818200426d65 426869 627b7d", 4, "the bytes of an address");
    unexpected("83 81 8100 80 40", 4, ADDRESS);
    unexpected("83 81 426162 80 40", 2, ADDRESS);
    unexpected("83 81 82 20 4161 80 40", 3, "a transport type");
    unexpected("83 f6 80 40", 1, "a route, which is an array");
    unexpected("83 1c 80 40", 1, "a value");
    unexpected("85 80 80 40 f6 ff", 5, "a value");
    unexpected("85 80 80 40 f6 1f", 5, "a value");
    closes("8481821901004178818200426d65426869627b7d", FrameError::Transport);
    closes("83808041", FrameError::Truncated);
    closes("8380805bffffffffffffffff", FrameError::Truncated);
    closes("9f808040", FrameError::Truncated);
    closes("8580804060bb7fffffffffffffff", FrameError::Truncated);
    closes("", FrameError::Empty);
    let deep = format!("8580804060{}", "81".repeat(20));
    closes(&deep, FrameError::Nested { at: 5 + 16 });
    let deep = format!("8580804060{}00", "81".repeat(15));
    assert!(decode(&[&framed(&hex(&deep))]).is_ok());
}
