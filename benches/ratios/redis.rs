//! Redis as it would be asked: a server of our own on a unix socket, commands in a pipeline, nothing written to disk.
//!
//! A call is as whole as ours: the client writes each command from the ids, and looks at each answer. It does so by hand, with less effort
//! than a client library would take.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::material::patient;
use crate::round::{Contestant, Seat};

const PIPE: usize = 128;
/// Digits of an id.
const DIGITS: usize = 32;
const SCHEDULE: u128 = 7;
/// What is left, or the patient is entered and one is taken: the script that looks first, hence the faster of the usual ones on a sold-out
/// schedule.
const SCRIPT: &str = "if tonumber(redis.call('GET',KEYS[1])) <= 0 then return 0 end \
    if redis.call('SADD',KEYS[2],ARGV[1]) == 0 then return 2 end \
    redis.call('DECR',KEYS[1]) return 1";

/// A server; ended when dropped.
pub(crate) struct Server {
    child: Child,
    dir: PathBuf,
}

impl Server {
    /// Starts one, or says why not.
    pub(crate) fn start() -> Result<Self, String> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("fairslot-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|why| format!("no temporary directory: {why}"))?;
        let child = Command::new("redis-server")
            .current_dir(&dir)
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""])
            .args(["--appendonly", "no", "--daemonize", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => {
                let server = Self { child, dir };
                server.await_socket()?;
                Ok(server)
            }
            Err(why) => {
                let _ = std::fs::remove_dir_all(&dir);
                Err(format!(
                    "no redis-server on the path ({why}); on Debian: apt-get install redis-server"
                ))
            }
        }
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("redis.sock")
    }

    fn await_socket(&self) -> Result<(), String> {
        for _ in 0..500 {
            if UnixStream::connect(self.socket()).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("redis-server did not answer within five seconds".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Which command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    Lua,
}

/// One or two clients.
pub(crate) struct Redis {
    clients: Vec<Mutex<Client>>,
    commands: usize,
}

struct Client {
    stream: UnixStream,
    /// A command up to the 32 digits of what is asked about, which a line end follows.
    head: Vec<u8>,
    asked: Vec<u128>,
    pipe: Vec<u8>,
    /// Every answer on a sold-out schedule.
    answer: &'static [u8],
    answers: Vec<u8>,
}

impl Redis {
    pub(crate) fn new(server: &Server, kind: Kind, clients: usize, commands: usize) -> Self {
        let clients = (0..clients)
            .map(|number| {
                let client = Client::new(&server.socket(), kind, number);
                Mutex::new(client.unwrap_or_else(|why| panic!("redis: {why}")))
            })
            .collect();
        Self { clients, commands }
    }

    fn batches(&self) -> usize {
        (self.commands / PIPE / self.clients.len()).max(1)
    }
}

impl Contestant for Redis {
    fn calls(&self) -> usize {
        self.batches() * PIPE * self.clients.len()
    }

    fn run(&self, seat: Seat) {
        if let Some(client) = self.clients.get(seat.index) {
            let mut client = client.lock();
            for _ in 0..self.batches() {
                client
                    .exchange()
                    .unwrap_or_else(|why| panic!("redis: {why}"));
            }
        }
    }
}

impl Client {
    fn new(socket: &Path, kind: Kind, number: usize) -> std::io::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        let left = format!("left:{SCHEDULE:032x}");
        ask(&mut stream, &encode(&["SET", &left, "0"]))?;
        let (command, answer, asked): (_, &[u8], _) = match kind {
            Kind::Get => (
                encode(&["GET", &left]),
                b"$1\r\n0\r\n",
                vec![SCHEDULE; PIPE],
            ),
            Kind::Lua => {
                let loaded = ask(&mut stream, &encode(&["SCRIPT", "LOAD", SCRIPT]))?;
                let hash = loaded.lines().nth(1).unwrap_or_default();
                let someone = format!("{:032x}", 0);
                let command = encode(&["EVALSHA", hash, "2", &left, "patients", &someone]);
                let asked = (0..PIPE).map(|i| patient((number * PIPE + i) as u32).to_u128());
                (command, b":0\r\n", asked.collect())
            }
        };
        Ok(Self {
            stream,
            head: command[..command.len() - DIGITS - 2].to_vec(),
            asked,
            pipe: Vec::new(),
            answer,
            answers: vec![0; answer.len() * PIPE],
        })
    }

    fn exchange(&mut self) -> std::io::Result<()> {
        self.pipe.clear();
        for id in &self.asked {
            self.pipe.extend_from_slice(&self.head);
            self.pipe.extend_from_slice(&digits(*id));
            self.pipe.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&self.pipe)?;
        self.stream.read_exact(&mut self.answers)?;
        for answer in self.answers.chunks_exact(self.answer.len()) {
            if answer != self.answer {
                return Err(std::io::Error::other("an answer that is not sold out"));
            }
        }
        Ok(())
    }
}

/// Hexadecimal digits of an id.
fn digits(id: u128) -> [u8; DIGITS] {
    std::array::from_fn(|i| b"0123456789abcdef"[(id >> (4 * (DIGITS - 1 - i))) as usize & 15])
}

/// A command in Redis's protocol (RESP).
fn encode(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    bytes
}

/// One command, one answer, which fits a read.
fn ask(stream: &mut UnixStream, command: &[u8]) -> std::io::Result<String> {
    stream.write_all(command)?;
    let mut answer = vec![0; 1_024];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}
