namespace DurableSessions.Fuzzing;

/// <summary>Runs a target on files, without coverage: a find again, or all seeds.</summary>
internal static class Replay
{
    /// <summary>Runs the target on each file.</summary>
    /// <returns>0; 1 where it threw for one of them.</returns>
    public static int Run(Action<byte[]> target, ReadOnlySpan<string> files)
    {
        int failed = 0;
        foreach (string file in files)
        {
            try
            {
                target(File.ReadAllBytes(file));
            }
            catch (Exception e)
            {
                failed++;
                Console.Error.WriteLine($"{file}: {e}");
            }
        }

        Console.WriteLine($"{files.Length} files, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
