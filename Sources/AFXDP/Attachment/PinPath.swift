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

  /// Removes the folders if they are empty: that of this network namespace, then the root.
  static func removeFolders() {
    rmdir(folder)
    rmdir(root)
  }

  /// Returns the path for an interface's link and creates its folders; nil without a bpffs.
  static func make(_ interface: String) -> String? {
    guard let path = existing(interface) else { return nil }
    mkdir(root, 0o700)
    mkdir(folder, 0o700)
    // A stale pin, left by a deleted interface of the same name.
    unlink(path)
    return path
  }
}
