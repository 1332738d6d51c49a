using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Deletes the session: seals each live segment, sets the tombstone, then deletes what the incarnation has.</summary>
/// <remarks>
/// An appender that finds its segment sealed goes on in another, and the deletion starts again: for ever, so that here it gives up after
/// some attempts, as the product's does. <see cref="Proc.Length"/> counts them.
/// </remarks>
internal sealed class Deleter(string name) : Process(name)
{
    private const byte Load = 1;
    private const byte Seal = 2;
    private const byte Tombstone = 3;
    private const byte Delete = 4;
    private const byte MaxAttempts = 2;

    public override Proc Start => new() { Pc = Load };

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        if (now.Pc == End)
        {
            return;
        }

        KnownManifest known = x.Manifests[now.Known];
        ref Proc next = ref x.Fork(Id);
        switch (now.Pc)
        {
            case Load:
                KnownManifest manifest = x.Manifest;
                next = new Proc { Known = manifest.Id, Pc = Delete, Length = (byte)(now.Length + 1) };
                if (manifest.IsOf(0) && now.Length == MaxAttempts)
                {
                    next = default;
                }
                else if (manifest.IsOf(0))
                {
                    ToSeal(x, ref next, manifest, 0);
                }

                x.Emit(Id, "reads the manifest");
                break;
            case Seal:
                x.Next.Store.TrySeal(known.Live[now.Index]);
                ToSeal(x, ref next, known, now.Index + 1);
                x.Emit(Id, "seals a live segment");
                break;
            case Tombstone:
                x.Swap(Id, x.Swaps.Delete(now.Known).Next, Delete, Load, -1, "sets the tombstone");
                break;
            case Delete:
                next.Known = 0;
                next.Length = 0;
                if (FindFirst(x) is { } blob)
                {
                    x.Next.Store.Delete(blob);
                    x.Emit(Id, "deletes a blob");
                }
                else
                {
                    next = default;
                    x.Emit(Id, "finds no blob left to delete");
                }

                break;
        }
    }

    private static void ToSeal(Expansion x, ref Proc proc, KnownManifest manifest, int from)
    {
        proc.Pc = Tombstone;
        proc.Index = 0;
        for (int i = from; i < manifest.Live.Length && x.Keeps(Safeguards.SealBeforeDelete); i++)
        {
            if (!Names.IsImmutable(manifest.Live[i]))
            {
                proc.Pc = Seal;
                proc.Index = (byte)i;
                return;
            }
        }
    }

    private static int? FindFirst(Expansion x)
    {
        foreach (Blob blob in x.Now.Store.Blobs)
        {
            if (blob.Key != Names.Catalogue && Names.IncarnationOf(blob.Key) == 0)
            {
                return blob.Key;
            }
        }

        return null;
    }
}
