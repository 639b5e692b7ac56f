import CXDP
import Forwarding
import Glibc

/// `BPF/sluice.bpf.c`, loaded over this data plane's maps and holding all of them.
struct SteeringProgram: ~Copyable {
  let descriptor: Int32

  init(_ maps: borrowing SteeringMaps) throws(EngineFailure) {
    let object = decodeBase64(steerObject)
    var kernel = maps.kernel
    var log = [CChar](repeating: 0, count: 64 << 10)
    let descriptor = object.withUnsafeBytes { steering_load($0.baseAddress, $0.count, &kernel, &log, log.count) }
    guard descriptor >= 0 else {
      if descriptor == -EPERM {
        throw EngineFailure("no permission to load XDP programs: run as root, or with CAP_BPF and CAP_NET_ADMIN")
      }
      let words = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let last = words.split(separator: "\n").last.map(String.init) ?? EngineFailure.words(descriptor)
      throw EngineFailure("the kernel refuses the steering program: \(last); Sluice needs Linux 5.18 or newer")
    }
    for map in maps.descriptors {
      let error = steering_hold(descriptor, map)
      guard error == 0 || error == -EEXIST else {
        close(descriptor)
        throw EngineFailure(
          "the kernel refuses to bind a map to the program: \(EngineFailure.words(error)); Sluice needs Linux 5.10 or newer"
        )
      }
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
