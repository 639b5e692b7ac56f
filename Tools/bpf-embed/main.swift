// bpf-embed CLANG ROOT SOURCE OBJECT OUTPUT NAME: compiles SOURCE for the BPF target and writes it as a Swift string constant,
// base64. ROOT is the repository: headers are found under BPF/common and Sources/ABI.
//
// base64 in a StaticString, because an array literal of that size takes the Swift compiler 10 to 40 times as long. No Foundation:
// the tool is built before everything else.

#if canImport(Glibc)
  import Glibc
#endif

func fail(_ message: String) -> Never {
  let line = "bpf-embed: \(message)\n"
  _ = line.withCString { write(2, $0, strlen($0)) }
  exit(1)
}

func run(_ arguments: [String]) -> Int32 {
  var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
  words.append(nil)
  var pid: pid_t = 0
  guard posix_spawn(&pid, arguments[0], nil, nil, words, environ) == 0 else { return -1 }
  var status: Int32 = 0
  guard waitpid(pid, &status, 0) == pid else { return -1 }
  return status
}

func read(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "rb") else { fail("can't read \(path)") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65536)
  while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
  return bytes
}

func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    var bits: UInt32 = 0
    for byte in group { bits = bits << 8 | UInt32(byte) }
    bits <<= UInt32(8 * (3 - group.count))
    for digit in 0..<4 {
      text.append(digit <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}

let arguments = CommandLine.arguments
guard arguments.count == 7 else { fail("usage: bpf-embed CLANG ROOT SOURCE OBJECT OUTPUT NAME") }
let (clang, root, source) = (arguments[1], arguments[2], arguments[3])
let (object, output, name) = (arguments[4], arguments[5], arguments[6])

// Debian has asm/types.h in a folder named after the architecture, which the bpf target does not search.
#if arch(x86_64)
  let include = "/usr/include/x86_64-linux-gnu"
#else
  let include = "/usr/include/aarch64-linux-gnu"
#endif
let compiled = run([
  clang, "-target", "bpf", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-I\(include)", "-I\(root)/BPF/common",
  "-I\(root)/Sources/ABI", "-c", source, "-o", object,
])
guard compiled == 0 else { fail("\(source) does not compile; are libbpf-dev and linux-libc-dev installed?") }

guard let file = fopen(output, "w") else { fail("can't write \(output)") }
fputs("// Made from \(source) by bpf-embed.\npackage let \(name): StaticString = \"\(base64(read(object)))\"\n", file)
fclose(file)
