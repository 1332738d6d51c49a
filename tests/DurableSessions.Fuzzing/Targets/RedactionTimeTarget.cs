using System.Text;
using DurableSessions.Core.Failures;
using DurableSessions.Orchestration;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>The time of redaction is linear: eight times the repetitions of any text take some eight times as long. Slow.</summary>
internal static class RedactionTimeTarget
{
    private const int Short = 4 * 1024;
    private const int Long = 8 * Short;

    // Eight is linear, 64 quadratic.
    private const int MostGrowth = 24;

    // Processor times below are not measured well.
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(2);

    public static void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (text.Length is 0 or > Short)
        {
            return;
        }

        // What the compiler and the collector take is not the text's: it does not come twice.
        for (int attempt = 1; !IsLinear(text); attempt++)
        {
            Expect.That(attempt < 3, "the time is linear");
        }
    }

    private static bool IsLinear(string text)
    {
        TimeSpan few = Take(text, Short);
        return Take(text, Long) < MostGrowth * (few > s_least ? few : s_least);
    }

    // Processor time: a busy machine does not count.
    private static TimeSpan Take(string text, int length)
    {
        string repeated = string.Concat(Enumerable.Repeat(text, length / text.Length));
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Redaction.Redact(repeated);
        StepFailure.Find(repeated);
        return Environment.CpuUsage.TotalTime - before;
    }
}
