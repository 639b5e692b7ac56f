import Glibc

/// A folder that only this daemon's user can change, so that nobody else can put a file, a link or a name into its way.
enum OwnFolder {
  /// Creates the folder if it is missing.
  ///
  /// - Returns: nil if it is safe to use; otherwise why not, in words that can follow "can't use the folder".
  static func fault(making path: String) -> String? {
    if mkdir(path, 0o700) != 0, errno != EEXIST { return "\(path): \(EngineFailure.words(-errno))" }
    return fault(of: path)
  }

  /// The same without creating it.
  static func fault(of path: String) -> String? {
    var about = stat()
    // lstat: a link may lead into another user's folder.
    guard lstat(path, &about) == 0 else { return "\(path): \(EngineFailure.words(-errno))" }
    guard about.st_mode & S_IFMT == S_IFDIR else { return "\(path), which is not a folder: remove it" }
    guard about.st_uid == geteuid() || about.st_uid == 0 else {
      return "\(path), which belongs to user \(about.st_uid): remove it"
    }
    guard about.st_mode & 0o022 == 0 else { return "\(path), which others can write to: `chmod go-w \(path)`" }
    return nil
  }
}
