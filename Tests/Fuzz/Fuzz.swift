import Glibc

/// libFuzzer calls this with each input: a small director processes some frames, and every verdict and sent frame is checked.
///
/// The first bytes of an input choose the paths to the real servers and the tables (`Setting`); the frames follow. Each frame lies in heap
/// memory of exactly its size, so that AddressSanitizer sees a read or write one byte outside it. Only tables that no input changes
/// outlive an input, so a finding needs no earlier input to reproduce.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var reader = InputReader(UnsafeBufferPointer(start: data, count: count))
  let setting = Setting(&reader)
  let frames = reader.frames(repairsChecksums: setting.repairsChecksums)
  FuzzRun(setting).process(frames)
  return 0
}

/// Ends the process; libFuzzer then saves the input and prints its path.
func complain(_ sentence: String, _ frame: [UInt8] = []) -> Never {
  let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  let line = "fuzz: \(sentence)\n" + (hex.isEmpty ? "" : "fuzz: the frame: \(hex)\n")
  _ = line.withCString { write(2, $0, strlen($0)) }
  abort()
}
