import CXDP
import Glibc

/// Why tunnels can't be unwrapped on an interface: one line with a hint.
package struct DecapFailure: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// What the decapsulator did with the frames it saw.
package struct DecapCounters: Equatable, Sendable {
  /// Not a tunnel packet for this host: the kernel's. Nonzero is normal.
  package let passed: UInt64
  /// Nonzero is what it is for.
  package let unwrapped: UInt64
  /// Broken tunnel packets, dropped. A few are normal on a bad link.
  package let refused: UInt64
  /// Tunnel packets in pieces, left to the kernel. Nonzero: the path to this host has too small an MTU for the tunnel.
  package let fragments: UInt64

  /// In the order of the enum in `BPF/decap_maps.h`; a counter that can't be read is 0.
  init(of program: OpaquePointer) {
    func read(_ counter: UInt32) -> UInt64 {
      var sum: UInt64 = 0
      return decap_read_counter(program, counter, &sum) == 0 ? sum : 0
    }
    (passed, unwrapped, refused, fragments) = (read(0), read(1), read(2), read(3))
  }
}

/// `BPF/decap.bpf.c` on one interface, for as long as this value lives: the kernel takes the program off with it, or with the process.
package struct Decap: ~Copyable {
  /// In the driver, or by the kernel's generic hook because of what `errno` says.
  package enum Mode: Equatable, Sendable {
    case native
    case generic(because: Int32)
  }

  package let interface: String
  package let mode: Mode
  let program: OpaquePointer
  var known: Set<DecapAddress> = []

  /// The UDP port that directors send GUE to unless told otherwise: IANA's for it.
  package static let guePort: UInt16 = 6080

  /// Loads the program and attaches it, natively or else generically.
  package init(interface: String, guePort: UInt16 = guePort) throws(DecapFailure) {
    let ifindex = if_nametoindex(interface)
    guard ifindex != 0 else {
      throw DecapFailure("no interface \(interface): `ip link` lists the interfaces")
    }
    let program = try Self.load(guePort: guePort)
    do throws(DecapFailure) {
      mode = try Self.attach(program, interface, ifindex)
    } catch {
      decap_close(program)
      throw error
    }
    self.program = program
    self.interface = interface
  }

  deinit { decap_close(program) }

  package var counters: DecapCounters { DecapCounters(of: program) }

  /// Loads the program, attached nowhere.
  static func load(guePort: UInt16) throws(DecapFailure) -> OpaquePointer {
    let object = decodeBase64(decapObject)
    var program: OpaquePointer?
    let error = object.withUnsafeBytes { decap_load($0.baseAddress, $0.count, guePort, &program) }
    guard error == 0, let program else {
      decap_close(program)
      if error == -EPERM {
        throw DecapFailure("no permission to load XDP programs: run as root, or with CAP_BPF and CAP_NET_ADMIN")
      }
      throw DecapFailure("the kernel refuses the decapsulation program: \(reason(error)); it needs Linux 5.18 or newer")
    }
    return program
  }

  private static func attach(
    _ program: OpaquePointer,
    _ interface: String,
    _ ifindex: UInt32
  ) throws(DecapFailure) -> Mode {
    let native = decap_attach(program, ifindex, 1)
    if native == 0 { return .native }
    let other = decap_attached_program(ifindex)
    guard other == 0 else {
      throw DecapFailure(
        "\(interface) already has an XDP program (id \(other)): `bpftool net` shows it, `ip link set \(interface) xdp off` removes it"
      )
    }
    guard native != -EPERM else {
      throw DecapFailure("no permission to attach to \(interface): run as root, or with CAP_NET_ADMIN")
    }
    let generic = decap_attach(program, ifindex, 0)
    guard generic == 0 else { throw DecapFailure("can't attach an XDP program to \(interface): \(reason(generic))") }
    return .generic(because: -native)
  }

  static func reason(_ error: Int32) -> String { String(cString: strerror(-error)) }
}
