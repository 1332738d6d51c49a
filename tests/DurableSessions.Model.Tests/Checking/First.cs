using DurableSessions.Model.Tests.Processes;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>The first state of a configuration: a session with one segment, and each process before its first step.</summary>
internal static class First
{
    public static World Make(Expansion x)
    {
        Configuration configuration = x.Configuration;
        var first = new World(configuration.Processes.Count);
        first.Ghost.Manifest = x.Swaps.Create();
        first.Ghost.LateLeft = (byte)(configuration.Late + (configuration.FirstCreationDoubled ? 1 : 0));
        first.Ghost.LostLeft = (byte)configuration.Lost;
        ulong stored = 0;
        for (int i = 0; i < configuration.Stored; i++)
        {
            stored = Messages.Add(stored, 8 - i);
            first.Ghost.Acked |= (ushort)(1 << (8 - i));
        }

        int segment = x.Manifests[first.Ghost.Manifest].Last;
        first.Store.TryCreate(segment, 0, stored);
        if (configuration.FirstCreationDoubled)
        {
            first.Send(new Late(Late.Create, segment, 0));
        }

        foreach (Process process in configuration.Processes)
        {
            first.Procs[process.Id] = process.Start;
        }

        return first;
    }
}
