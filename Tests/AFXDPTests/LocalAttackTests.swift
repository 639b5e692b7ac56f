import CXDP
import Glibc
import Testing

@testable import AFXDP

/// What another user of the host can prepare must neither stop a daemon nor make it harm files.
@Suite struct LocalAttackTests {
  /// A file in a folder that a link in the way of our pins leads to.
  private static func layTrap(_ target: String) throws -> String {
    let victim = "\(target)/net-\(PinPath.namespace)"
    for folder in [target, victim] { try check(mkdir(folder, 0o755) == 0 || errno == EEXIST, "made \(folder)") }
    let file = "\(victim)/v0"
    let descriptor = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    try check(descriptor >= 0, "made \(file)")
    close(descriptor)
    return file
  }

  @Test func `a link where the pin folder should be: nothing behind it is touched, and the program is attached without a pin`()
    throws
  {
    try OwnNamespaces.inside {
      let target = "/tmp/sluice-trap-\(getpid())"
      let file = try Self.layTrap(target)
      defer { for path in [file, "\(target)/net-\(PinPath.namespace)", target] { remove(path) } }
      try check(symlink(target, PinPath.root) == 0, "made the link")
      try check(PinPath.fault?.contains("is not a folder") == true, "the operator is told")
      let life = try Life("v0")
      try check(access(file, F_OK) == 0, "the file is still there")
      guard case .netlink = life.attachment.hold else { throw Failed("pinned in spite of it") }
      life.attachment.detach()
      try check(access(file, F_OK) == 0, "and after the end")
    }
  }

  @Test(arguments: [(uid_t(65534), mode_t(0o700), "belongs to user 65534"), (0, 0o777, "others can write to")])
  func `a pin folder of another user, or open to others, is not used`(_ owner: uid_t, _ mode: mode_t, _ words: String) throws {
    try OwnNamespaces.inside {
      try check(mkdir(PinPath.root, mode) == 0 && chmod(PinPath.root, mode) == 0, "made")
      try check(chown(PinPath.root, owner, 0) == 0, "given away")
      try check(PinPath.fault?.contains(words) == true, "told: \(PinPath.fault ?? "nothing")")
      let life = try Life("v0")
      guard case .netlink = life.attachment.hold else { throw Failed("pinned in spite of it") }
      life.attachment.detach()
      rmdir(PinPath.root)
    }
  }

  @Test func `a name that any user can take does not claim an interface`() throws {
    try OwnNamespaces.inside {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: [0] + Array("sluice/v0".utf8)) }
      let taken = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(taken) }
      let length = socklen_t(MemoryLayout<sa_family_t>.size + 10)
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(taken, $0, length) }
      }
      try check(bound == 0, "taken")
      _ = try InterfaceClaim("v0")
    }
  }

  @Test func `an interface with a dot in its name is pinned`() throws {
    try OwnNamespaces.inside {
      try OwnNamespaces.run("ip link add v0.100 type veth peer name x1")
      try OwnNamespaces.run("ip link set v0.100 up")
      let life = try Life("v0.100")
      guard case .link(_, let path) = life.attachment.hold else { throw Failed("not pinned") }
      try check(path.hasSuffix("/v0:100"), path)
      life.attachment.detach()
      try check(access(PinPath.root, F_OK) != 0, "no pin and no folder is left")
    }
  }
}
