import IPVSAdm
import Testing

/// Every byte that ipvsadm 1.31 answered.
@Suite struct RecordingTests {
  @Test func `the operator's samples come out the same`() async throws {
    let samples = try Recording.read("samples")
    #expect(samples.count == 39)
    await replay(samples)
  }

  /// Recorded from Debian's ipvsadm 1.31 on a live kernel in a virtual machine, less what Sluice answers otherwise (`DifferenceTests`). The
  /// size of the kernel's table, which differs by kernel, is set to 4096.
  @Test func `each script of our own recording comes out the same`() async throws {
    let recordings = try Recording.read("recorded")
    #expect(recordings.count > 1100)
    await replay(recordings)
  }

  private func replay(_ recordings: [Recording]) async {
    var script: String?
    var shell = Shell(table: MemoryTable(), names: .ofRecordings)
    for recording in recordings {
      if recording.script != script {
        script = recording.script
        shell = Shell(table: MemoryTable(), names: .ofRecordings)
      }
      let ended = await shell.run(recording.cmd)
      let recorded = Shell.inAnyOrder(recording.cmd) ? Shell.sortedServices(recording.out) : recording.out
      let expected = Ended(output: recorded, error: recording.err, code: recording.rc, notes: ended.notes)
      #expect(ended == expected, "\(script ?? ""): \(recording.cmd)\n\(ended.output)\(ended.error)")
    }
  }
}
