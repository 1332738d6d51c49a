using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>The steps that are possible in one state: each is made on a copy of it, and handed to the search.</summary>
internal sealed class Expansion(Configuration configuration, Manifests manifests, Swaps swaps, Action<int, string> found)
{
    public Configuration Configuration { get; } = configuration;

    public Manifests Manifests { get; } = manifests;

    public Swaps Swaps { get; } = swaps;

    /// <summary>The state that is expanded.</summary>
    public World Now { get; } = new(configuration.Processes.Count);

    /// <summary>The state after the step in hand.</summary>
    public World Next { get; } = new(configuration.Processes.Count);

    public KnownManifest Manifest => Manifests[Now.Ghost.Manifest];

    public bool Keeps(Safeguards safeguard) => (Configuration.Without & safeguard) == 0;

    /// <summary>Begins a step.</summary>
    public World Fork()
    {
        Next.CopyFrom(Now);
        return Next;
    }

    /// <summary>Begins a step of a process.</summary>
    public ref Proc Fork(int process) => ref Fork().Procs[process];

    /// <summary>Ends a step: the state after it is <see cref="Next"/>.</summary>
    public void Emit(int process, string what) => found(process, what);

    /// <summary>Breaks a property that only a step can break; the state after it says which.</summary>
    public void Break(byte property) => Next.Ghost.Broken = property;

    /// <summary>
    /// Swaps the manifest with <c>If-Match</c>: it is swapped, or it is and the answer is lost, or it will be later, or another one is
    /// there.
    /// </summary>
    /// <param name="process">The process; its <see cref="Proc.Known"/> is the manifest that it swaps.</param>
    /// <param name="next">The manifest that it writes.</param>
    /// <param name="done">The step after a swap.</param>
    /// <param name="reload">The step that reads the manifest again.</param>
    /// <param name="orphan">A fresh segment that is given up where the swap fails; -1: none.</param>
    /// <param name="what">The step in words.</param>
    /// <param name="then">What the process does after a swap without another request.</param>
    public void Swap(int process, int next, byte done, byte reload, int orphan, string what, Continuation? then = null)
    {
        int known = Now.Procs[process].Known;
        bool matches = Now.Ghost.Manifest == known;
        if (matches || !Keeps(Safeguards.SwapETag))
        {
            ref Proc swapped = ref Fork(process);
            Put(Next, next);
            swapped.Known = next;
            swapped.Pc = done;
            swapped.Index = 0;
            then?.Invoke(ref swapped);
            Emit(process, what);
            if (Now.Ghost.LostLeft > 0)
            {
                ref Proc lost = ref Fork(process);
                Put(Next, next);
                Next.Ghost.LostLeft--;
                lost.Pc = reload;
                Emit(process, what + "; the answer is lost");
            }
        }
        else
        {
            ref Proc failed = ref Fork(process);
            failed.Pc = reload;
            if (orphan >= 0)
            {
                Next.Store.Delete(orphan);
            }

            Emit(process, what + ": the manifest is another one");
        }

        if (Now.Ghost.LateLeft > 0 && matches && Configuration.LateSwaps)
        {
            ref Proc late = ref Fork(process);
            late.Pc = reload;
            Next.Send(new Late(Late.Swap, known, (ulong)next));
            Emit(process, what + "; the request is late");
        }
    }

    /// <summary>What a process does without a request.</summary>
    public delegate void Continuation(ref Proc proc);

    /// <summary>The manifest is another one from now on.</summary>
    public void Put(World world, int next)
    {
        KnownManifest after = Manifests[next];
        if (after.IsDeleted || after.Incarnation != Manifests[world.Ghost.Manifest].Incarnation)
        {
            world.Ghost.Gone |= world.Ghost.Acked;
            world.Ghost.Acked = 0;
        }

        if (IsBefore(after, Manifests[world.Ghost.Manifest]))
        {
            Break(Properties.OverviewGoesBack);
        }

        world.Ghost.Manifest = next;
        world.Ghost.Closed |= (ushort)after.Closed;
    }

    private static bool IsBefore(KnownManifest one, KnownManifest other) =>
        one.Incarnation == other.Incarnation
        && (one.Manifest.Overview?.Number ?? 0, one.Manifest.Overview?.Change ?? 0)
            .CompareTo((other.Manifest.Overview?.Number ?? 0, other.Manifest.Overview?.Change ?? 0)) < 0;

    /// <summary>Creates a segment under a name of its own, which the process then knows as <see cref="Proc.Other"/>.</summary>
    public void Create(int process, int incarnation, int number, byte next)
    {
        int name = FreshName.Draw(this, incarnation, number, process);
        ref Proc created = ref Fork(process);
        Next.Store.TryCreate(name, 0, 0);
        created.Other = name;
        created.Pc = next;
        Emit(process, "creates a segment");
        if (Now.Ghost.LateLeft > 0 && Configuration.LateCreations)
        {
            ref Proc doubled = ref Fork(process);
            Next.Store.TryCreate(name, 0, 0);
            doubled.Other = name;
            doubled.Pc = next;
            Next.Send(new Late(Late.Create, name, 0));
            Emit(process, "creates a segment; a copy of the request is late");
        }
    }

    /// <summary>Makes every step that is possible.</summary>
    public void Expand()
    {
        foreach (Processes.Process process in Configuration.Processes)
        {
            process.Expand(this);
        }

        DeliverLate();
    }

    /// <summary>The requests on their way arrive, each at any time.</summary>
    public void DeliverLate()
    {
        for (int i = 0; i < Now.Late.Length; i++)
        {
            Late late = Now.Late[i];
            Fork().RemoveLate(i);
            switch (late.Kind)
            {
                case Late.Append:
                    Deliver(late);
                    Emit(-1, "a late append arrives");
                    break;
                case Late.Create:
                    Next.Store.TryCreate(late.Key, Store.CameBack, late.Value);
                    Emit(-1, "a late creation arrives");
                    break;
                default:
                    if (Now.Ghost.Manifest == late.Key || !Keeps(Safeguards.SwapETag))
                    {
                        Put(Next, (int)late.Value);
                    }

                    Emit(-1, "a late swap arrives");
                    break;
            }
        }
    }

    private void Deliver(Late late)
    {
        if (Next.Store.Append(late.Key, (int)(late.Value >> 8), (int)(late.Value & 255), Configuration.Without) == Store.Answer.Stored)
        {
            NoteStored(late.Key);
        }
    }

    /// <summary>A message was stored in a segment: a property asks whether its session was deleted by then.</summary>
    public void NoteStored(int segment)
    {
        if (!Manifest.IsOf(Names.IncarnationOf(segment)))
        {
            Break(Properties.StoredAfterTombstone);
        }
    }

    /// <summary>The blob of an archive by its number: pending in a manifest, or as its record says; 0 where neither knows it.</summary>
    public int ArchiveOf(KnownManifest manifest, Store store, int number)
    {
        for (int i = 0; i < manifest.Pending.Length; i++)
        {
            if (manifest.NumberOf(i) == number)
            {
                return ArchiveName(manifest.Pending[i]);
            }
        }

        foreach (Blob blob in store.Blobs)
        {
            if (Names.IsRecord(blob.Key) && Record.Of(blob) is { IsArchived: true } record && record.Number == number)
            {
                return ArchiveName(Names.AttemptOf(blob.Key));
            }
        }

        return 0;
    }

    /// <summary>Under which name an attempt stages its archive.</summary>
    public int ArchiveName(int attempt) => Names.Archive(Keeps(Safeguards.AttemptInNames) ? attempt : attempt & ~1);
}
