/** A bucket as its owner reads it, through AWS's own client, which shares no code with the service. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export class BucketOf {
  readonly name: string;
  readonly #client: S3Client;

  /** @param keys the access keys of the reader. */
  constructor(origin: string, name: string, keys: Keys) {
    this.name = name;
    this.#client = new S3Client({
      endpoint: origin,
      region: "us-east-1",
      credentials: keys,
      forcePathStyle: true,
      maxAttempts: 1,
      // Checksums of a newer kind than this store knows.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /** All keys that begin with that, in their order. */
  async keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client: this.#client }, { Bucket: this.name, Prefix: prefix }))
      found.push(...(page.Contents ?? []).map((object) => object.Key ?? ""));
    return found;
  }

  head(key: string): Promise<HeadObjectCommandOutput> {
    return this.#client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
  }

  async read(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    if (Body === undefined) throw new Error(`${key} has no body`);
    return Buffer.from(await Body.transformToByteArray());
  }

  async put(key: string, body: string | Buffer): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body }));
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** @returns the status that a PUT of a few bytes is answered with. */
  async tryPut(key: string): Promise<number> {
    try {
      await this.put(key, "tried");
      return 200;
    } catch (thrown) {
      if (thrown instanceof S3ServiceException) return thrown.$metadata.httpStatusCode ?? 0;
      throw thrown;
    }
  }
}
