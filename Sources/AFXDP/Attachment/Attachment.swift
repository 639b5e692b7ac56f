import ABI
import CXDP
import Glibc
import Model

/// The steering program on one interface. It outlives the process on purpose: after a crash, packets wait for the next daemon instead of
/// being answered by the kernel. Only `detach` removes it.
struct Attachment {
  enum Hold {
    /// A BPF link, pinned in a bpffs: no other process can replace the program by mistake.
    case link(descriptor: Int32, path: String)
    /// Attached over netlink: without a bpffs a link cannot be pinned, and an unpinned link dies with the process.
    case netlink(program: UInt32)
  }

  let ifindex: UInt32
  let isNative: Bool
  let hold: Hold

  /// Attaches the program, or replaces a previous daemon's program without a gap.
  ///
  /// - Returns: also a note for the operator if only generic mode was possible, with the reason.
  static func attach(
    _ program: Int32,
    to interface: AttachedInterface,
    _ mode: AttachMode
  ) throws(EngineFailure) -> (Attachment, String?) {
    if let taken = try takeOver(program, interface) {
      let isAsked = taken.isNative ? mode != .generic : mode == .generic
      return (
        taken,
        isAsked
          ? nil
          : "\(interface.name): \(taken.isNative ? "native" : "generic") XDP, taken over from the previous daemon; "
            + "to change the mode, stop Sluice and start it again"
      )
    }
    if mode != .generic {
      let error = attach(program, interface, native: true)
      if case .success(let attachment) = error { return (attachment, nil) }
      guard case .failure(let reason) = error, mode == .auto, reason.error != -EBUSY, reason.error != -EEXIST else {
        throw refusal(interface, error, "native")
      }
      let generic = attach(program, interface, native: false)
      guard case .success(let attachment) = generic else { throw refusal(interface, generic, "generic") }
      return (
        attachment,
        "\(interface.name): generic XDP, since its driver refuses a native program (\(reason.text)); slower, otherwise the same"
      )
    }
    let generic = attach(program, interface, native: false)
    guard case .success(let attachment) = generic else { throw refusal(interface, generic, "generic") }
    return (attachment, nil)
  }

  /// Replaces this program by another one without a gap.
  func replace(by program: SteeringProgram, on name: String) throws(EngineFailure) -> Attachment {
    switch hold {
    case .link(let descriptor, _):
      let error = steering_update_link(descriptor, program.descriptor)
      guard error == 0 else { throw EngineFailure("\(name) does not take the new program: \(EngineFailure.words(error))") }
      return self
    case .netlink(let former):
      let error = steering_attach(program.descriptor, ifindex, isNative ? 1 : 0, former)
      guard error == 0 else { throw EngineFailure("\(name) does not take the new program: \(EngineFailure.words(error))") }
      return Attachment(ifindex: ifindex, isNative: isNative, hold: .netlink(program: program.id))
    }
  }

  /// Releases an attachment that no longer exists: its interface is gone, or another process detached the program.
  func abandon() {
    if case .link(let descriptor, let path) = hold {
      unlink(path)
      close(descriptor)
    }
  }

  func detach() {
    switch hold {
    case .link(let descriptor, let path):
      unlink(path)
      _ = steering_detach_link(descriptor)
      close(descriptor)
      PinPath.removeFolders()
    case .netlink(let program):
      _ = steering_detach(ifindex, isNative ? 1 : 0, program)
    }
  }

  /// What a previous daemon left on the interface; nil if its program is not Sluice's.
  static func former(on interface: AttachedInterface) -> Attachment? {
    guard let program = AttachedProgram(interface.ifindex, on: interface.name), program.isSluices else { return nil }
    let path = PinPath.link(interface.name)
    let link = path.map { steering_open_pin($0) } ?? -ENOENT
    let hold: Hold = if let path, link >= 0 { .link(descriptor: link, path: path) } else { .netlink(program: program.id) }
    return Attachment(ifindex: interface.ifindex, isNative: program.isNative, hold: hold)
  }

  private struct Refused: Error {
    let error: Int32
    /// The kernel's text, the driver's own words if it says some, and the MTU, which is the usual reason.
    var text = ""
  }

  private static func attach(_ program: Int32, _ interface: AttachedInterface, native: Bool) -> Result<Attachment, Refused> {
    if let path = PinPath.makeLink(interface.name) {
      let link = steering_link(program, interface.ifindex, native ? 1 : 0)
      guard link >= 0 else {
        PinPath.removeFolders()
        return .failure(refused(program, interface, native, link))
      }
      if steering_pin(link, path) == 0 {
        return .success(Attachment(ifindex: interface.ifindex, isNative: native, hold: .link(descriptor: link, path: path)))
      }
      close(link)
    }
    var id: UInt32 = 0
    _ = steering_program_id(program, &id)
    let error = steering_attach(program, interface.ifindex, native ? 1 : 0, 0)
    guard error == 0 else { return .failure(refused(program, interface, native, error)) }
    return .success(Attachment(ifindex: interface.ifindex, isNative: native, hold: .netlink(program: id)))
  }

  private static func refused(_ program: Int32, _ interface: AttachedInterface, _ native: Bool, _ error: Int32) -> Refused {
    let words = EngineFailure.words(error)
    guard error != -EPERM, error != -EBUSY, error != -EEXIST else { return Refused(error: error, text: words) }
    var buffer = [CChar](repeating: 0, count: 256)
    steering_refusal(program, interface.ifindex, native ? 1 : 0, &buffer, buffer.count)
    let driver = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let reason = driver.isEmpty ? words : "\(words): \(driver)"
    return Refused(error: error, text: error == -EOPNOTSUPP ? reason : "\(reason), MTU \(interface.mtu)")
  }

  /// Replaces the program that a previous daemon left; nil if there is none.
  private static func takeOver(_ program: Int32, _ interface: AttachedInterface) throws(EngineFailure) -> Attachment? {
    guard let former = AttachedProgram(interface.ifindex, on: interface.name) else { return nil }
    guard former.isSluices else {
      throw EngineFailure(
        "\(interface.name) has another XDP program (\(former.name), id \(former.id)): remove it with `ip link set \(interface.name) xdp off`"
      )
    }
    if let path = PinPath.link(interface.name) {
      let link = steering_open_pin(path)
      if link >= 0 {
        if steering_update_link(link, program) == 0 {
          return Attachment(ifindex: interface.ifindex, isNative: former.isNative, hold: .link(descriptor: link, path: path))
        }
        // The pinned link belongs to a deleted interface of the same name; the program here is attached in another manner.
        close(link)
        unlink(path)
      }
    }
    var id: UInt32 = 0
    _ = steering_program_id(program, &id)
    let error = steering_attach(program, interface.ifindex, former.isNative ? 1 : 0, former.id)
    guard error == 0 else {
      throw EngineFailure(
        "can't replace the XDP program of the previous daemon on \(interface.name) (id \(former.id)): "
          + "\(EngineFailure.words(error)); `bpftool link` shows what holds it"
      )
    }
    return Attachment(ifindex: interface.ifindex, isNative: former.isNative, hold: .netlink(program: id))
  }

  private static func refusal(
    _ interface: AttachedInterface,
    _ result: Result<Attachment, Refused>,
    _ mode: String
  ) -> EngineFailure {
    guard case .failure(let refused) = result else { return EngineFailure("\(interface.name): attached") }
    switch refused.error {
    case -EPERM:
      return EngineFailure.noPermission("attach to \(interface.name)")
    case -EBUSY, -EEXIST:
      return EngineFailure(
        "\(interface.name) already has an XDP program: `bpftool net` shows it, `ip link set \(interface.name) xdp off` removes it"
      )
    case -EOPNOTSUPP:
      return EngineFailure(
        "\(interface.name) refuses \(mode) XDP (\(refused.text)): use another interface, or `director.mode: auto`"
      )
    default:
      let smaller = interface.mtu > 1500 ? "try `ip link set \(interface.name) mtu 1500`, or" : "try"
      return EngineFailure(
        "\(interface.name) refuses \(mode) XDP (\(refused.text)): \(smaller) `director.mode: auto` with `director.copy: auto`"
      )
    }
  }
}

/// The program an interface has now.
struct AttachedProgram: Equatable, Sendable {
  let id: UInt32
  let isNative: Bool
  let name: String

  var isSluices: Bool { name == SteeringMaps.program }

  init(id: UInt32, isNative: Bool = true, name: String) {
    self.id = id
    self.isNative = isNative
    self.name = name
  }

  /// - Parameter interface: its name. Without CAP_SYS_ADMIN the kernel doesn't tell a program's name, but our pinned link shows which is ours.
  init?(_ ifindex: UInt32, on interface: String? = nil) {
    var (id, native): (UInt32, Int32) = (0, 0)
    var name = [CChar](repeating: 0, count: 17)
    guard steering_attached(ifindex, &id, &native, &name) == 0, id != 0 else { return nil }
    self.id = id
    isNative = native != 0
    let told = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let isPinned = told.isEmpty && interface.flatMap(Self.pinned) == id
    self.name = isPinned ? SteeringMaps.program : told
  }

  /// The number of the program of the interface's pinned link.
  private static func pinned(_ interface: String) -> UInt32? {
    guard let path = PinPath.link(interface) else { return nil }
    let link = steering_open_pin(path)
    guard link >= 0 else { return nil }
    defer { close(link) }
    var id: UInt32 = 0
    return steering_link_program(link, &id) == 0 ? id : nil
  }
}
