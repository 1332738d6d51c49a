using System.Numerics;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>Steps and states in the words of a trace.</summary>
internal static class Words
{
    /// <summary>The step from <see cref="Expansion.Now"/> to <see cref="Expansion.Next"/>.</summary>
    public static string OfStep(Expansion x, int process, string what)
    {
        string who = process < 0 ? "storage" : x.Configuration.Processes[process].Name;
        int after = x.Next.Ghost.Manifest;
        int acked = x.Next.Ghost.Acked & ~x.Now.Ghost.Acked;
        return $"{who}: {what}"
            + (acked == 0 ? "" : $" (message {BitOperations.Log2((uint)acked)} is acknowledged)")
            + (after == x.Now.Ghost.Manifest ? "" : $"\n      => {x.Manifests[after]}");
    }

    public static string OfBlobs(World world) => "blobs: " + string.Join("; ", world.Store.Blobs.ToArray().Select(OfBlob));

    private static string OfBlob(Blob blob) => Names.IsRecord(blob.Key)
        ? $"{Names.Word(blob.Key)} [{Record.Of(blob)}]"
        : $"{Names.Word(blob.Key)} [{Messages.Text(blob.Value)}]{((blob.Flags & Store.Sealed) != 0 ? " sealed" : "")}";
}
