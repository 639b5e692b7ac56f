import CXDP
import Glibc

/// Where links are pinned: one folder for each network namespace, since interface names repeat across them.
enum PinPath {
  static let bpffs = "/sys/fs/bpf"
  static let root = bpffs + "/sluice"

  static var folder: String {
    var about = stat()
    let inode = stat("/proc/thread-self/ns/net", &about) == 0 ? about.st_ino : 0
    return "\(root)/net-\(inode)"
  }

  static func existing(_ interface: String) -> String? {
    steering_is_bpffs(bpffs) == 1 ? "\(folder)/\(interface)" : nil
  }

  /// Succeeds for the last interface of this network namespace, and of all, only.
  static func removeFolders() {
    rmdir(folder)
    rmdir(root)
  }

  /// The path for an interface's link, its folders made; nil where there is no bpffs to pin in.
  static func make(_ interface: String) -> String? {
    guard let path = existing(interface) else { return nil }
    mkdir(root, 0o700)
    mkdir(folder, 0o700)
    // A pin whose program is gone from the interface: a former life of the same name.
    unlink(path)
    return path
  }
}
