using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>Sets one bit of the settings: see <c>SettingsWriter</c>.</summary>
internal sealed class Configurer(string name, int bit) : Process(name)
{
    private const byte Load = 1;
    private const byte Create = 2;
    private const byte Configure = 3;
    private const byte Reload = 4;
    private const byte Seal = 5;
    private const byte AskEmpty = 6;
    private const byte Drop = 7;
    private const byte DropReload = 8;
    private const byte Delete = 9;

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
                next = x.Manifest.IsOf(0) ? new Proc { Pc = Create, Known = x.Manifest.Id } : default;
                x.Emit(Id, "reads the manifest");
                break;
            case Create:
                x.Create(Id, 0, known.Manifest.NextSegment, Configure);
                break;
            case Configure:
                Decision decided = x.Swaps.Configure(now.Known, bit, now.Other);
                x.Swap(Id, decided.Next, Seal, Reload, -1, "configures", (ref Proc p) => ToSeal(ref p, x.Manifests[decided.Next], 0));
                break;
            case Reload:
                ReadAgain(x, ref next);
                break;
            case Seal:
                x.Next.Store.TrySeal(known.Live[now.Index]);
                ToSeal(ref next, known, now.Index + 1);
                x.Emit(Id, "seals an older segment");
                break;
            case AskEmpty:
                next.Other = known.Manifest.FollowsAppended ? known.Live[^2] : 0;
                next.Pc = Drop;
                if (!known.Manifest.FollowsAppended || (x.Now.Store.TryGet(next.Other, out Blob blob) && blob.Value != 0))
                {
                    Finish(x, ref next);
                }

                x.Emit(Id, "asks whether the replaced segment is empty");
                break;
            case Drop:
                Decision dropped = x.Swaps.DropEmpty(now.Known, now.Other);
                if (dropped.IsChanged)
                {
                    x.Swap(Id, dropped.Next, Delete, DropReload, -1, "drops the empty segment");
                }
                else
                {
                    next.Pc = DropReload;
                    x.Emit(Id, "finds nothing to drop");
                }

                break;
            case DropReload:
                DropAgain(x, ref next);
                break;
            case Delete:
                x.Next.Store.Delete(now.Other);
                Finish(x, ref next);
                x.Emit(Id, "deletes the empty segment");
                break;
        }
    }

    private static void ToSeal(ref Proc proc, KnownManifest manifest, int from)
    {
        proc.Known = manifest.Id;
        proc.Pc = AskEmpty;
        proc.Index = 0;
        for (int i = from; i < manifest.Live.Length - 1; i++)
        {
            if (!Names.IsImmutable(manifest.Live[i]))
            {
                proc.Pc = Seal;
                proc.Index = (byte)i;
                return;
            }
        }
    }

    private void ReadAgain(Expansion x, ref Proc proc)
    {
        KnownManifest manifest = x.Manifest;
        Decision decided = x.Swaps.Configure(manifest.Id, bit, proc.Other);
        if (decided.IsChanged)
        {
            proc.Known = manifest.Id;
            proc.Pc = Configure;
        }
        else if (decided.Outcome == Outcome.SessionGone)
        {
            proc = default;
        }
        else if (manifest.Last == proc.Other)
        {
            ToSeal(ref proc, manifest, 0);
        }
        else if (manifest.Keeps(proc.Other))
        {
            Finish(x, ref proc);
        }
        else
        {
            proc = new Proc { Known = manifest.Id, Pc = Create };
        }

        x.Emit(Id, "reads the manifest again");
    }

    private void DropAgain(Expansion x, ref Proc proc)
    {
        KnownManifest manifest = x.Manifest;
        proc.Known = manifest.Id;
        if (x.Swaps.DropEmpty(manifest.Id, proc.Other).IsChanged)
        {
            proc.Pc = Drop;
        }
        else if (manifest.IsOf(0) && !manifest.Keeps(proc.Other))
        {
            proc.Pc = Delete;
        }
        else
        {
            Finish(x, ref proc);
        }

        x.Emit(Id, "reads the manifest again, to drop");
    }

    private void Finish(Expansion x, ref Proc proc)
    {
        proc = default;
        x.Next.Ghost.Configured |= (byte)bit;
    }
}
