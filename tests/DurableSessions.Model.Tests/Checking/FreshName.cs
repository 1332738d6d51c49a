using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>
/// Draws a segment's name. The product's are random, and never come again: here it is the first of the process's names that no blob,
/// manifest, record, request or process of this state mentions.
/// </summary>
internal static class FreshName
{
    public static int Draw(Expansion x, int incarnation, int number, int process)
    {
        for (int draw = 0; draw < Names.MaxDraws; draw++)
        {
            int name = Names.Segment(incarnation, number, process + 1, draw);
            if (!IsMentioned(x, name))
            {
                return name;
            }
        }

        throw new InvalidOperationException("A process draws no more names than these.");
    }

    private static bool IsMentioned(Expansion x, int name) =>
        x.Now.Store.Has(name) || IsIn(x, x.Now.Ghost.Manifest, name) || IsInRecord(x, name) || IsOnItsWay(x, name) || IsKnown(x, name);

    // What a process has in its second field may be a segment, a manifest or a list of segments: each is looked at.
    private static bool IsKnown(Expansion x, int name)
    {
        foreach (Proc proc in x.Now.Procs)
        {
            bool isRead = IsIn(x, proc.Known, name) || IsIn(x, proc.Other, name) || IsListed(x, proc.Other, name);
            if (isRead || proc.Other == name || proc.List == (ulong)name)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsInRecord(Expansion x, int name)
    {
        foreach (Blob blob in x.Now.Store.Blobs)
        {
            if (Names.IsRecord(blob.Key) && IsListed(x, (int)blob.Value, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOnItsWay(Expansion x, int name)
    {
        foreach (Late late in x.Now.Late)
        {
            if (late.Key == name || (late.Kind == Late.Swap && (IsIn(x, late.Key, name) || IsIn(x, (int)late.Value, name))))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsIn(Expansion x, int manifest, int name) =>
        (uint)manifest < (uint)x.Manifests.Count
        && (x.Manifests[manifest].IsLive(name) || x.Manifests[manifest].PendingSegments.Any(list => IsListed(x, list, name)));

    private static bool IsListed(Expansion x, int list, int name) =>
        (uint)list < (uint)x.Manifests.Lists.Count && Array.IndexOf(x.Manifests.Lists[list], name) >= 0;
}
