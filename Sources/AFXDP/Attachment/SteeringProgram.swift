import CXDP
import Forwarding
import Glibc

/// `BPF/steer/steer.bpf.c`, loaded with this data plane's maps. It keeps all of them alive.
final class SteeringProgram {
  let descriptor: Int32
  /// The interface index it is bound to; 0: none.
  let bound: UInt32

  /// - Parameters:
  ///   - maps: the maps that the program reads.
  ///   - held: the descriptors of all maps.
  ///   - takesJumbo: whether it is given frames in several buffers. Only where an MTU needs it: veth turns off segmentation at its peer
  ///     for a program that does not (veth_fix_features), and frames of 64 KiB would come otherwise.
  ///   - bound: the interface index for which it is loaded, and there alone it can be attached, natively: it then reads the VLAN tags that
  ///     the driver keeps beside the frames. 0: for any interface.
  init(_ maps: steering_maps, holding held: [Int32], takesJumbo: Bool = false, bound: UInt32 = 0) throws(EngineFailure) {
    let object = decodeBase64(bound == 0 ? steerObject : taggedObject)
    let form = steering_form(frags: takesJumbo ? 1 : 0, interface: bound)
    self.bound = bound
    var maps = maps
    var log = [CChar](repeating: 0, count: 64 << 10)
    let descriptor = object.withUnsafeBytes {
      steering_load($0.baseAddress, $0.count, &maps, form, &log, log.count)
    }
    guard descriptor >= 0 else {
      if [-EPERM, -EACCES].contains(descriptor), !Capabilities.missing.isEmpty {
        throw EngineFailure.noPermission("load XDP programs")
      }
      let words = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let last = words.split(separator: "\n").last.map(String.init) ?? EngineFailure.words(descriptor)
      throw EngineFailure("the kernel refuses the steering program: \(last); Sluice needs Linux 5.18 or newer")
    }
    for map in held {
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

  /// The kernel's number of the program.
  var id: UInt32 {
    var id: UInt32 = 0
    return steering_program_id(descriptor, &id) == 0 ? id : 0
  }

  deinit { close(descriptor) }
}
