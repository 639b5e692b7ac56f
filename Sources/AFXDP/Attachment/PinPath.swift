import CXDP
import Glibc

/// Where links and maps are pinned: one folder for each network namespace, since interface names repeat across them; in it a link for each
/// interface, and a folder of maps for the first interface of each data plane. A daemon that takes over finds them there without
/// CAP_SYS_ADMIN, which the kernel wants for opening them by number.
///
/// Every folder on the way must be ours alone: in a bpffs that all can write to, as systemd mounts it, another user could otherwise have us
/// remove or open what a link of his points to.
enum PinPath {
  static let bpffs = "/sys/fs/bpf"
  static let root = bpffs + "/sluice"

  /// The number of the network namespace.
  static var namespace: ino_t {
    var about = stat()
    return stat("/proc/thread-self/ns/net", &about) == 0 ? about.st_ino : 0
  }

  static var folder: String { "\(root)/net-\(namespace)" }

  /// The link of an interface; nil where there can be none.
  static func link(_ interface: String) -> String? { isUsable ? "\(folder)/\(safe(interface))" : nil }

  /// The folder of the maps of a data plane, by its first interface.
  static func maps(_ interface: String) -> String? { isUsable ? "\(folder)/maps/\(safe(interface))" : nil }

  /// Why pins can't be used although there is a bpffs, for the operator.
  static var fault: String? {
    guard steering_is_bpffs(bpffs) == 1 else { return nil }
    for path in [root, folder, folder + "/maps"] {
      // Nothing there yet is fine.
      if access(path, F_OK) == 0 || errno != ENOENT, let fault = OwnFolder.fault(of: path) { return fault }
    }
    return nil
  }

  private static var isUsable: Bool { steering_is_bpffs(bpffs) == 1 && fault == nil }

  /// bpffs reserves names with a dot, which VLAN interfaces have (bpf_lookup of kernel/bpf/inode.c); no interface's name has a colon.
  private static func safe(_ interface: String) -> String { String(interface.map { $0 == "." ? ":" : $0 }) }

  /// Creates the folders for an interface's link and removes a stale pin, left by a deleted interface of the same name. Nil without a bpffs.
  static func makeLink(_ interface: String) -> String? {
    guard isUsable, makeFolders([root, folder]), let path = link(interface) else { return nil }
    unlink(path)
    return path
  }

  /// Creates the folder for the maps of a data plane.
  static func makeMaps(_ interface: String) -> String? {
    guard isUsable, let path = maps(interface), makeFolders([root, folder, folder + "/maps", path]) else { return nil }
    return path
  }

  private static func makeFolders(_ paths: [String]) -> Bool { paths.allSatisfy { OwnFolder.fault(making: $0) == nil } }

  /// Removes the pinned maps of a data plane.
  static func removeMaps(_ interface: String) {
    guard let path = maps(interface), let listing = opendir(path) else { return }
    // Bounded by the maps of a program; whatever else is there stays, and with it the folder.
    for _ in 0..<2 * Int(STEERING_MAPS) {
      guard let entry = readdir(listing) else { break }
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix("sl_") { unlink("\(path)/\(name)") }
    }
    closedir(listing)
    rmdir(path)
  }

  /// Removes the folders if they are empty, from the innermost.
  static func removeFolders() {
    for path in [folder + "/maps", folder, root] { rmdir(path) }
  }
}
