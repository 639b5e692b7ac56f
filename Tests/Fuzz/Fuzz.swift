import Glibc

/// What libFuzzer calls with every input it thinks of: one small director, some frames, and everything that must hold of what becomes of them.
///
/// An input says in its first bytes how the real servers are reached and what the tables are like (`Setting`), then come the frames. Each frame
/// lies in heap memory of exactly its size, so that AddressSanitizer sees a read or write one byte outside it. Nothing outlives an input
/// but tables that no input changes: what an input brings about, it brings about by itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var reader = InputReader(UnsafeBufferPointer(start: data, count: count))
  let setting = Setting(&reader)
  let frames = reader.frames(mending: setting.mends)
  FuzzRun(setting).process(frames)
  return 0
}

/// Ends the process: libFuzzer then keeps the input, and says where.
func complain(_ sentence: String, _ frame: [UInt8] = []) -> Never {
  let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  let line = "fuzz: \(sentence)\n" + (hex.isEmpty ? "" : "fuzz: the frame: \(hex)\n")
  _ = line.withCString { write(2, $0, strlen($0)) }
  abort()
}
