// What Rust's standard library asks of a WASI host: names, UDP, TCP, clocks, standard streams, files and threads (there
// are none) and the ways to end. Every line has to be the same on every host.
// usage: rust-std all | exit | fail | panic
use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

/// The system chooses the port.
const ANY_PORT: &str = "127.0.0.1:0";
/// Nobody listens on tcpmux, and the system gives that port to nobody.
const CLOSED: &str = "127.0.0.1:1";
const BYTES: usize = 1_000_000;
/// Fits into the system's buffers, so that a blocking write of it ends although nobody reads yet.
const CHUNK: usize = 30_000;
const DATAGRAM_MAX: usize = 65_507;
/// EMSGSIZE of wasi-libc.
const TOO_LARGE: i32 = 35;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn kind<T>(result: io::Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn surroundings() {
    println!("arguments {:?}, variables {}", env::args().skip(1).collect::<Vec<_>>(), env::vars().count());
    println!("terminals {} {}", io::stdin().is_terminal(), io::stdout().is_terminal());
    println!("files {} {}", fs::File::open("file").is_ok(), fs::read_dir("/").is_ok());
    println!("thread {:?}", kind(thread::Builder::new().spawn(|| ())));
}

fn clocks() {
    for pause in [Duration::from_millis(20), Duration::from_micros(50)] {
        let begin = Instant::now();
        thread::sleep(pause);
        println!("slept {pause:?} {}", begin.elapsed() >= pause);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    println!("after 2020 {}", now > 50 * YEAR);
}

fn names() -> io::Result<()> {
    let found: Vec<SocketAddr> = ("localhost", 80).to_socket_addrs()?.collect();
    println!("localhost {}", found.contains(&SocketAddr::from(([127, 0, 0, 1], 80))));
    println!("localhost only {}", found.iter().all(|address| address.ip().is_loopback()));
    Ok(())
}

fn udp() -> io::Result<()> {
    let mut buffer = [0; 100];
    let (left, right) = (UdpSocket::bind(ANY_PORT)?, UdpSocket::bind(ANY_PORT)?);
    left.send_to(b"there", right.local_addr()?)?;
    let (size, sender) = right.recv_from(&mut buffer)?;
    println!("udp {} {}", text(&buffer[..size]), sender == left.local_addr()?);
    right.connect(sender)?;
    right.send(b"back")?;
    let size = left.recv(&mut buffer)?;
    println!("udp {} {}", text(&buffer[..size]), right.peer_addr()? == sender);

    let too_large = left.send_to(&[0; DATAGRAM_MAX + 1], right.local_addr()?);
    println!("udp too large {}", too_large.is_err_and(|error| error.raw_os_error() == Some(TOO_LARGE)));
    let alone = UdpSocket::bind(ANY_PORT)?;
    alone.connect(CLOSED)?;
    alone.send(b"is anybody there?")?;
    println!("udp closed {:?}", kind(alone.recv(&mut buffer)));
    left.set_nonblocking(true)?;
    println!("udp nothing {:?}", kind(left.recv(&mut buffer)));
    Ok(())
}

fn pattern() -> Vec<u8> {
    (0..BYTES).map(|index| (index * 7 / 8) as u8).collect()
}

fn tcp() -> io::Result<()> {
    let listener = TcpListener::bind(ANY_PORT)?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, peer) = listener.accept()?;
    println!("tcp accepted {}", peer == client.local_addr()? && client.peer_addr()? == listener.local_addr()?);

    let data = pattern();
    let mut received = vec![];
    for chunk in data.chunks(CHUNK) {
        client.write_all(chunk)?;
        let begin = received.len();
        received.resize(begin + chunk.len(), 0);
        server.read_exact(&mut received[begin..])?;
    }
    println!("tcp bytes {} {}", received.len(), received == data);

    // Half of the connection ends; the other half still works.
    client.shutdown(Shutdown::Write)?;
    println!("tcp end {}", server.read(&mut [0; 10])?);
    println!("tcp write after the end {:?}", kind(client.write(b"late")));
    server.write_all(b"the other half")?;
    drop(server);
    let mut rest = String::new();
    client.read_to_string(&mut rest)?;
    println!("tcp {rest}");
    println!("tcp closed {:?}", kind(TcpStream::connect(CLOSED)));
    Ok(())
}

/// Asks again and again, and never waits.
fn without_waiting() -> io::Result<()> {
    let listener = TcpListener::bind(ANY_PORT)?;
    listener.set_nonblocking(true)?;
    println!("asking accept {:?}", kind(listener.accept()));
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.set_nonblocking(true)?;
    let mut server = loop {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            accepted => break accepted?.0,
        }
    };
    server.set_nonblocking(true)?;
    let mut buffer = vec![0; CHUNK];
    println!("asking read {:?}", kind(server.read(&mut buffer)));

    let data = pattern();
    let mut unsent = &data[..];
    let mut received = vec![];
    while received.len() < data.len() {
        match client.write(unsent) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            written => unsent = &unsent[written?..],
        }
        match server.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            size => received.extend_from_slice(&buffer[..size?]),
        }
    }
    println!("asking bytes {} {}", received.len(), received == data);
    Ok(())
}

fn standard_streams() -> io::Result<()> {
    let mut sizes = vec![];
    for line in io::stdin().lock().lines() {
        sizes.push(line?.len());
    }
    println!("input {} lines, {} bytes", sizes.len(), sizes.iter().sum::<usize>());
    eprintln!("a complaint");
    Ok(())
}

fn all() -> io::Result<()> {
    surroundings();
    clocks();
    names()?;
    udp()?;
    tcp()?;
    without_waiting()?;
    standard_streams()
}

fn main() -> io::Result<()> {
    match env::args().nth(1).as_deref() {
        Some("all") => all(),
        Some("exit") => {
            print!("not flushed before exit");
            process::exit(3)
        }
        Some("fail") => Err(io::Error::other("it hurts")),
        Some("panic") => panic!("no way on"),
        _ => Err(io::Error::other("usage: rust-std all | exit | fail | panic")),
    }
}
